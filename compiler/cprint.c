/* The printer of the C tree: statements, each with the expressions in it. */
#include "comment.h"
#include "cprint.h"

#include <string.h>

static void put_statements(struct printer *p, const struct cs *first);

/* A body without braces: one statement that needs none. */
static bool is_single(const struct cs *body)
{
    return body && !body->next &&
           (body->kind == CS_ASSIGN || body->kind == CS_EXPR || body->kind == CS_RETURN);
}

static void put_body(struct printer *p, const struct cs *body, bool braces)
{
    strbuf_puts(p->out, braces ? " {\n" : "\n");
    p->indent += STEP;
    put_statements(p, body);
    p->indent -= STEP;
    if (braces) {
        cprint_spaces(p, p->indent);
        strbuf_putc(p->out, '}');
    }
}

static void put_for(struct printer *p, const struct cs *s)
{
    strbuf_printf(p->out, "for (size_t %s = ", s->name);
    cprint_expression(p, s->a, BIND_ARGUMENT, 0);
    strbuf_printf(p->out, "; %s < ", s->name);
    cprint_expression(p, s->b, BIND_COMPARE + 1, 0);
    if (s->step == 1)
        strbuf_printf(p->out, "; %s++)", s->name);
    else
        strbuf_printf(p->out, "; %s += %llu)", s->name, (unsigned long long)s->step);
    bool braces = !is_single(s->body);
    put_body(p, s->body, braces);
    if (braces)
        strbuf_putc(p->out, '\n');
}

static void put_if(struct printer *p, const struct cs *s)
{
    const struct cs *no = s->otherwise;
    bool chain = no && no->kind == CS_IF && !no->next;
    bool braces = !is_single(s->body) || (no && !chain && !is_single(no));
    strbuf_puts(p->out, "if (");
    cprint_expression(p, s->a, BIND_ANY, 3);
    strbuf_putc(p->out, ')');
    put_body(p, s->body, braces);
    if (!no) {
        strbuf_puts(p->out, braces ? "\n" : "");
        return;
    }
    cprint_spaces(p, braces ? 1 : p->indent);
    strbuf_puts(p->out, "else");
    if (chain) {
        strbuf_putc(p->out, ' ');
        put_if(p, no);
        return;
    }
    put_body(p, no, braces);
    strbuf_puts(p->out, braces ? "\n" : "");
}

/* "a, b, c", broken behind commas. */
static void put_parameters(struct printer *p, const char *params)
{
    size_t at = cprint_alignment(p);
    for (const char *s = params; *s;) {
        const char *comma = strstr(s, ", ");
        size_t len = comma ? (size_t)(comma - s) + 1 : strlen(s);
        if (s != params && cprint_column(p) + 1 + len + !comma <= WIDTH)
            strbuf_putc(p->out, ' ');
        else if (s != params)
            cprint_newline(p, at);
        strbuf_put(p->out, s, len);
        s += comma ? len + 1 : len;
    }
}

static void put_function(struct printer *p, const struct cs *s)
{
    strbuf_printf(p->out, "%s%s%s(", s->type, s->type[strlen(s->type) - 1] == '*' ? "" : " ",
                  s->name);
    put_parameters(p, s->text[0] ? s->text : "void");
    strbuf_puts(p->out, ")\n{\n");
    p->indent += STEP;
    put_statements(p, s->body);
    p->indent -= STEP;
    strbuf_puts(p->out, "}\n");
}

static void put_declaration(struct printer *p, const struct cs *s)
{
    bool pointer = s->type[strlen(s->type) - 1] == '*';
    strbuf_printf(p->out, "%s%s%s", s->type, pointer ? "" : " ", s->name);
    if (s->a) {
        strbuf_puts(p->out, " = ");
        cprint_expression(p, s->a, BIND_ARGUMENT, 1);
    }
    strbuf_puts(p->out, ";\n");
}

static void put_statement(struct printer *p, const struct cs *s)
{
    switch (s->kind) {
    case CS_COMMENT: comment_put(p->out, s->text, p->indent, WIDTH); break;
    case CS_ENUM:
        strbuf_puts(p->out, "enum ");
        cprint_expression(p, s->a, BIND_ARGUMENT, 1);
        strbuf_puts(p->out, ";\n");
        break;
    case CS_DECL: put_declaration(p, s); break;
    case CS_ASSIGN:
        cprint_expression(p, s->a, BIND_ANY, 0);
        strbuf_printf(p->out, " %s ", s->text);
        cprint_expression(p, s->b, BIND_ARGUMENT, 1);
        strbuf_puts(p->out, ";\n");
        break;
    case CS_EXPR:
        cprint_expression(p, s->a, BIND_ANY, 1);
        strbuf_puts(p->out, ";\n");
        break;
    case CS_RETURN:
        strbuf_puts(p->out, s->a ? "return " : "return");
        if (s->a)
            cprint_expression(p, s->a, BIND_ANY, 1);
        strbuf_puts(p->out, ";\n");
        break;
    case CS_FOR: put_for(p, s); break;
    case CS_IF: put_if(p, s); break;
    case CS_BLOCK:
        strbuf_puts(p->out, "{\n");
        p->indent += STEP;
        put_statements(p, s->body);
        p->indent -= STEP;
        cprint_spaces(p, p->indent);
        strbuf_puts(p->out, "}\n");
        break;
    case CS_FUNCTION: put_function(p, s); break;
    case CS_BLANK: strbuf_putc(p->out, '\n'); break;
    case CS_VERBATIM: strbuf_printf(p->out, "%s\n", s->text); break;
    }
}

/* The lines that are printed. */
static size_t count_lines(struct printer *p)
{
    for (; p->counted < p->out->len; p->counted++)
        p->lines += p->out->text[p->counted] == '\n';
    return p->lines;
}

static void put_statements(struct printer *p, const struct cs *first)
{
    for (const struct cs *s = first; s; s = s->next) {
        const bool before = p->blamed > 0 && count_lines(p) < p->blamed;
        if (s->kind != CS_BLANK && s->kind != CS_VERBATIM)
            cprint_spaces(p, p->indent);
        put_statement(p, s);
        if (before && !p->found && count_lines(p) >= p->blamed) /* an inner one is found first */
            p->found = s;
    }
}

void cprint_file(const struct cfile *file, struct strbuf *out)
{
    struct printer p = {.out = out};
    put_statements(&p, file->first);
}

const struct cs *cprint_blame(const struct cfile *file, size_t line, struct strbuf *out)
{
    struct printer p = {.out = out, .blamed = line};
    put_statements(&p, file->first);
    return p.found;
}
