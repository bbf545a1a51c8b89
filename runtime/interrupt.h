/* Being asked to stop: SIGINT and SIGTERM are noted, and the training loop ends when it suits. */
#ifndef MLPRT_INTERRUPT_H
#define MLPRT_INTERRUPT_H

/* From here on the first SIGINT or SIGTERM is only noted; the second has its usual effect. A signal
 * that the program was started to ignore stays ignored. */
void mlprt_interrupt_catch(void);
/* The number of the signal noted, or 0. */
int mlprt_interrupt_noted(void);
/* Both signals have their usual effect again, and none is noted. */
void mlprt_interrupt_release(void);

#endif
