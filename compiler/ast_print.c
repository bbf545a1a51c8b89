/* The tree as text: statements indented, expressions fully parenthesised. */
#include "ast_print.h"

#include "number.h"

enum { INDENT = 4 };

static void print_expr(const struct ast_expr *e, struct strbuf *out);

static void print_word(const struct ast_word *word, struct strbuf *out)
{
    strbuf_puts(out, word->name.text);
    if (!word->parenthesised)
        return;
    strbuf_putc(out, '(');
    for (const struct ast_arg *arg = word->args; arg; arg = arg->next) {
        if (arg->name.text)
            strbuf_printf(out, "%s = ", arg->name.text);
        print_expr(arg->value, out);
        strbuf_puts(out, arg->next ? ", " : "");
    }
    strbuf_putc(out, ')');
}

void ast_print_string(const char *string, struct strbuf *out)
{
    strbuf_putc(out, '"');
    for (const char *c = string; *c; c++) {
        if (*c == '"' || *c == '\\')
            strbuf_putc(out, '\\');
        if (*c == '\t')
            strbuf_puts(out, "\\t");
        else
            strbuf_putc(out, *c);
    }
    strbuf_putc(out, '"');
}

static void print_expr(const struct ast_expr *e, struct strbuf *out)
{
    switch (e->kind) {
    case AST_NUMBER: strbuf_puts(out, number_text(e->u.number).at); break;
    case AST_STRING: ast_print_string(e->u.string, out); break;
    case AST_BOOL: strbuf_puts(out, e->u.truth ? "true" : "false"); break;
    case AST_WORD: print_word(&e->u.word, out); break;
    case AST_LIST:
        strbuf_putc(out, '[');
        for (const struct ast_expr *element = e->u.list; element; element = element->next) {
            print_expr(element, out);
            strbuf_puts(out, element->next ? ", " : "");
        }
        strbuf_putc(out, ']');
        break;
    case AST_NEGATE:
        strbuf_puts(out, "(-");
        print_expr(e->u.binary.left, out);
        strbuf_putc(out, ')');
        break;
    case AST_BINARY:
        strbuf_putc(out, '(');
        print_expr(e->u.binary.left, out);
        strbuf_printf(out, " %c ", e->u.binary.op);
        print_expr(e->u.binary.right, out);
        strbuf_putc(out, ')');
        break;
    case AST_ERROR: strbuf_puts(out, "<error>"); break;
    }
}

static void print_body(const struct ast_stmt *body, int indent, struct strbuf *out)
{
    strbuf_puts(out, " {\n");
    for (const struct ast_stmt *s = body; s; s = s->next) {
        strbuf_printf(out, "%*s", indent + INDENT, "");
        if (s->kind == AST_PROPERTY) {
            strbuf_printf(out, "%s = ", s->name.text);
            print_expr(s->value, out);
        } else {
            if (s->name.text)
                strbuf_printf(out, "%s: ", s->name.text);
            print_word(&s->word, out);
        }
        if (s->has_body)
            print_body(s->body, indent + INDENT, out);
        else
            strbuf_puts(out, ";\n");
    }
    strbuf_printf(out, "%*s}\n", indent, "");
}

static void print_let(const struct ast_let *let, struct strbuf *out)
{
    strbuf_printf(out, "let %s = ", let->name.text);
    print_expr(let->value, out);
    strbuf_puts(out, ";\n");
}

static void print_block(const struct ast_block *block, struct strbuf *out)
{
    strbuf_puts(out, block->kind.text);
    if (block->name.text)
        strbuf_printf(out, " %s", block->name.text);
    print_body(block->body, 0, out);
}

void ast_print(const struct ast_file *file, struct strbuf *out)
{
    if (file->version) {
        strbuf_puts(out, "mlp ");
        print_expr(file->version, out);
        strbuf_puts(out, ";\n");
    }
    const struct ast_let *let = file->lets;
    const struct ast_block *block = file->blocks;
    while (let || block) {
        if (let && (!block || let->span.beg < block->span.beg)) {
            print_let(let, out);
            let = let->next;
        } else {
            print_block(block, out);
            block = block->next;
        }
    }
}
