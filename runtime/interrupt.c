/* Being asked to stop: the signal handler and the one variable that it sets. */
#include "posix.h"

#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t signal_noted;

static const int signals_caught[] = {SIGINT, SIGTERM};

enum { SIGNALS_CAUGHT = sizeof signals_caught / sizeof *signals_caught };

/* Replaces an action by another, where it is in force. */
static void signals_turn(void (*from)(int), void (*to)(int))
{
    for (int i = 0; i < SIGNALS_CAUGHT; i++) {
        struct sigaction action;
        if (sigaction(signals_caught[i], NULL, &action) != 0 || action.sa_handler != from)
            continue;
        action = (struct sigaction){.sa_handler = to, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(signals_caught[i], &action, NULL);
    }
}

static void signal_note(int number)
{
    signal_noted = number;
    signals_turn(signal_note, SIG_DFL);
}

void mlprt_interrupt_catch(void)
{
    signal_noted = 0;
    signals_turn(SIG_DFL, signal_note);
}

int mlprt_interrupt_noted(void)
{
    return signal_noted;
}

void mlprt_interrupt_release(void)
{
    signals_turn(signal_note, SIG_DFL);
    signal_noted = 0;
}
