/* After a mistake: one message for each, and everything else understood. */
#include "parsing.h"

/* ---- statements ---- */

Test(recovery, mistakes_of_different_kinds)
{
    expect_both(
        "let a = ;\n"
        "model m {\n"
        "    dense(8) relu;\n"
        "    dense(8;\n"
        "    dense(28x28);\n"
        "    b = 3;\n"
        "data { c = \"x; }\n"
        "}\n",
        "1:9 syntax\n3:13 missing-semicolon\n4:12 unclosed\n5:11 bad-number\n"
        "7:1 unclosed\n7:12 unclosed-string\n",
        "let a = <error>;\nmodel m {\n    dense(8);\n    relu;\n    dense(8);\n    b = 3;\n}\n"
        "data {\n    c = <error>;\n}\n");
}

Test(recovery, missing_semicolons)
{
    expect_both(
        "mlp 1\nlet a = 1\nlet b = c\nmodel m { x = 1\n y = z\n w: relu\n dense(3) g { h }\n"
        "last }\nlet d = [1]",
        "1:6 missing-semicolon\n2:10 missing-semicolon\n3:10 missing-semicolon\n"
        "4:16 missing-semicolon\n5:7 missing-semicolon\n6:9 missing-semicolon\n"
        "7:10 missing-semicolon\n7:16 missing-semicolon\n8:5 missing-semicolon\n"
        "9:12 missing-semicolon\n",
        "mlp 1;\nlet a = 1;\nlet b = c;\nmodel m {\n    x = 1;\n    y = z;\n    w: relu;\n"
        "    dense(3);\n    g {\n        h;\n    }\n    last;\n}\nlet d = [1];\n");
    expect_mistakes("mlp 1 model m {}", "1:6 missing-semicolon\n");
    expect_mistakes("let a = b model {}", "1:10 missing-semicolon\n");
    expect_mistakes("let a = f(1 model m {}", "1:12 unclosed\n");
}

/* Where more than a semicolon may be missing, the statement is left out. */
Test(recovery, missing_equals)
{
    expect_both("train { optimizer sgd(lr = 1); batch 3; seed [1]; name \"x\"; a true; }",
                "1:19 syntax\n1:38 syntax\n1:46 syntax\n1:56 syntax\n1:63 syntax\n",
                "train {\n}\n");
    expect_message("train { batch 3; }", "expected '=' after 'batch', found '3'");
    expect_message("train { loss mse; }", "expected '=' or ';' after 'loss', found 'mse'");
}

Test(recovery, broken_values_keep_their_names)
{
    expect_both("let a = ; let b = 1 +; let c = f(,); let d = [1 2]; let e = 28 x 28; let f = * 2;",
                "1:9 syntax\n1:22 syntax\n1:34 syntax\n1:49 syntax\n1:64 syntax\n1:78 syntax\n",
                "let a = <error>;\nlet b = <error>;\nlet c = <error>;\nlet d = <error>;\n"
                "let e = <error>;\nlet f = <error>;\n");
    expect_both("m { p = ; p = = 2; p == 1; p = (1, 2); p = 3 { a = ; } q; }",
                "1:9 syntax\n1:15 syntax\n1:23 syntax\n1:34 syntax\n1:46 syntax\n1:52 syntax\n",
                "m {\n    p = <error>;\n    p = <error>;\n    p = <error>;\n    p = <error>;\n"
                "    p = <error>;\n    q;\n}\n");
}

Test(recovery, a_broken_statement_is_left_out_to_its_end)
{
    expect_both("m { a b c; d = = 2 e f; @ g h; i; }",
                "1:7 syntax\n1:16 syntax\n1:25 bad-character\n",
                "m {\n    d = <error>;\n    i;\n}\n");
}

Test(recovery, what_was_left_out_is_marked)
{
    struct fixture f;
    const struct ast_file *file = parse(&f, "a { x = ; } b { f(,); } c { g { 3; } } d { y; }");
    const struct ast_block *a = file->blocks, *b = a->next, *c = b->next, *d = c->next;
    cr_expect(!a->incomplete, "a property of unknown value is there");
    cr_expect(b->incomplete);
    cr_expect(c->incomplete, "a group's gap is its block's");
    cr_expect(!d->incomplete);
    cr_expect(!file->incomplete);
    end(&f);
    cr_expect(parse(&f, "let 3; a { x; }")->incomplete);
    end(&f);
    cr_expect(parse(&f, "a { let x = 3; }")->incomplete);
    end(&f);
    file = parse(&f, "model m { } dense(3); }");
    cr_expect(file->blocks->incomplete, "what follows a brace too early may be its own");
    end(&f);
}

Test(recovery, mistakes_in_a_broken_statement_s_group_are_found)
{
    expect_mistakes("model m { repeat(,) { a = ; repeat(2 2) { b = ; } } c = ; }",
                    "1:18 syntax\n1:27 syntax\n1:38 syntax\n1:47 syntax\n1:57 syntax\n");
}

Test(recovery, statements_that_are_none)
{
    expect_mistakes("m { ; 8; \"s\"; (a); h: ; h: 3; -a; f(3)(4); a b: c; }",
                    "1:5 syntax\n1:7 syntax\n1:10 syntax\n1:15 syntax\n1:23 syntax\n1:28 syntax\n"
                    "1:31 syntax\n1:39 syntax\n1:46 syntax\n");
    expect_mistakes("model m {};\n;8;", "1:11 syntax\n2:1 syntax\n2:2 syntax\n");
    expect_message("model m {};", "help: no ';' follows a '}'");
}

Test(recovery, reserved_words)
{
    expect_mistakes("let true = 1; let let = 2; m { true = 3; false; false: relu; }",
                    "1:5 reserved-word\n1:19 reserved-word\n1:32 reserved-word\n"
                    "1:42 reserved-word\n1:49 reserved-word\n");
}

Test(recovery, lets)
{
    expect_both("let a\nmodel m { b; }", "1:6 syntax\n", "model m {\n    b;\n}\n");
    expect_mistakes("let = 1; let x 2; let 3 = 4; let", "1:5 syntax\n1:16 syntax\n1:23 syntax\n"
                                                        "1:33 syntax\n");
}

/* ---- brackets ---- */

Test(recovery, unclosed_parentheses)
{
    expect_both("m { f(1; x = [1, 2; y = (3 ; z = f([1; repeat(2 { a; } f(1}",
                "1:8 unclosed\n1:19 unclosed\n1:27 unclosed\n1:38 unclosed\n1:38 unclosed\n"
                "1:48 unclosed\n1:59 unclosed\n",
                "m {\n    f(1);\n    x = [1, 2];\n    y = 3;\n    z = f([1]);\n    repeat(2) {\n"
                "        a;\n    }\n    f(1);\n}\n");
    expect_both("let a = f(1\nlet b = 2;", "1:12 unclosed\n", "let a = f(1);\nlet b = 2;\n");
    expect_mistakes("let a = (1", "1:11 unclosed\n");
    expect_mistakes("m { f(8 + ; a = (; }", "1:10 unclosed\n1:18 unclosed\n");
    expect_message("m { f(1\n g; }", "t:1:6: note: '(' opened here");
    expect_message("m { f(1; }", "expected ')' after '1'");
}

Test(recovery, a_bracket_that_closes_another)
{
    expect_both("let a = f(1]; let b = [1); let c = [f(1]; let d = f([2);",
                "1:12 unclosed\n1:25 unclosed\n1:40 unclosed\n1:55 unclosed\n",
                "let a = f(1);\nlet b = [1];\nlet c = [f(1)];\nlet d = f([2]);\n");
    expect_message("let a = f(1];", "expected ')' instead of ']'");
}

Test(recovery, brackets_that_close_nothing)
{
    expect_both("m { f(1)); a]; } } n { }", "1:9 unopened\n1:13 unopened\n1:18 unopened\n",
                "m {\n    f(1);\n    a;\n}\nn {\n}\n");
    expect_mistakes("m { a = ); ) ; }", "1:9 syntax\n1:12 syntax\n");
}

Test(recovery, a_forgotten_brace_shows_at_the_next_block)
{
    expect_both("model m { a;\ndata { b; }\ntrain { c; }", "2:1 unclosed\n",
                "model m {\n    a;\n}\ndata {\n    b;\n}\ntrain {\n    c;\n}\n");
    expect_both("data { b;\nmodel m { a; }\n", "2:1 unclosed\n",
                "data {\n    b;\n}\nmodel m {\n    a;\n}\n");
    expect_both("model m { repeat(2) { a\ndata { b; }", "1:24 missing-semicolon\n2:1 unclosed\n",
                "model m {\n    repeat(2) {\n        a;\n    }\n}\ndata {\n    b;\n}\n");
    expect_mistakes("model m { a = 1 +\ndata { b; }", "1:18 syntax\n2:1 unclosed\n");
    expect_mistakes("model m { a = (1\ndata { b; }", "1:17 unclosed\n2:1 unclosed\n");
    expect_mistakes("data { a; train { b; } }", "1:11 unclosed\n");
    expect_mistakes("model m { a;\ndata { b;\ntrain { c; }", "2:1 unclosed\n3:1 unclosed\n");
    expect_message("model m { a;\ndata { }", "expected '}' before block 'data'");
    expect_message("model m { a;\ndata { }", "t:1:9: note: '{' opened here");
    expect_tree("model m { train = data; data: model; model(3) { } }",
                "model m {\n    train = data;\n    data: model;\n    model(3) {\n    }\n}\n");
}

Test(recovery, a_forgotten_brace_at_the_end)
{
    expect_both("model m { repeat(2) { a; ", "1:25 unclosed\n",
                "model m {\n    repeat(2) {\n        a;\n    }\n}\n");
    expect_mistakes("model m { a = f(1", "1:18 unclosed\n1:18 unclosed\n");
    expect_mistakes("model m {", "1:10 unclosed\n");
}

Test(recovery, a_forgotten_opening_brace)
{
    expect_both("model m\n a = 1;\n f(2); }\ndata train = 3; }\ntrain x: y; }",
                "1:8 syntax\n4:5 syntax\n5:6 syntax\n",
                "model m {\n    a = 1;\n    f(2);\n}\ndata {\n    train = 3;\n}\n"
                "train {\n    x: y;\n}\n");
    expect_mistakes("model", "1:6 syntax\n");
    expect_mistakes("model m", "1:8 syntax\n");
    expect_mistakes("model 3 { a = ; } data = { b = ; } model(m) { c = ; } model a b { d = ; }",
                    "1:7 syntax\n1:15 syntax\n1:24 syntax\n1:32 syntax\n1:41 syntax\n1:51 syntax\n"
                    "1:63 syntax\n1:71 syntax\n");
}

Test(recovery, statements_outside_of_blocks)
{
    expect_mistakes("x = 1; y = 2; let a = 3; f(3);", "1:1 outside-block\n1:26 outside-block\n");
    expect_mistakes("model m { a; } }", "1:16 unopened\n");
    expect_mistakes("model m { a; }\n relu; loss = mse; l: f(3); g(2) { h; }\n}\ndata { b = ; }",
                    "2:2 outside-block\n4:12 syntax\n");
    expect_message("x = 1;", "help: a name for a value is defined by 'let x = ...'");
    expect_message("relu;", "layer 'relu' stands outside of a block");
}

Test(recovery, lets_in_blocks)
{
    expect_mistakes("model m { let a = 1; let b = 2; c = ; }", "1:11 let-in-block\n1:37 syntax\n");
    expect_mistakes("model m { a;\nlet b = 1;\ndata { c; }", "2:1 let-in-block\n");
    expect_mistakes("model m { repeat(2) { a;\nlet b = 1;\ndata { c; }", "2:1 let-in-block\n");
    expect_mistakes("model m { let a = 1; } model n { let b = 1; }",
                    "1:11 let-in-block\n1:34 let-in-block\n");
}

/* ---- the scanner ---- */

Test(recovery, comments_of_other_languages)
{
    expect_both("m { // one\n a; /* two\n ** / three */ b; c = 1 / 2; } //",
                "1:5 bad-comment\n2:5 bad-comment\n3:32 bad-comment\n",
                "m {\n    a;\n    b;\n    c = (1 / 2);\n}\n");
    expect_mistakes("m { a; /* never closed\n } \n", "1:8 bad-comment\n");
}

Test(recovery, numbers_that_are_none)
{
    expect_mistakes(
        "let a = 28x28; let b = 5%; let c = .5; let d = 5.; let e = 0x10; let f = 1_0;\n"
        "let g = 1e; let h = 1.2.3; let i = 2\xC3\x97; let j = 1e999; let k = -1e999;",
        "1:9 bad-number\n1:24 bad-number\n1:36 bad-number\n1:48 bad-number\n"
        "1:60 bad-number\n1:74 bad-number\n2:9 bad-number\n2:21 bad-number\n"
        "2:36 bad-number\n2:49 bad-number\n2:65 bad-number\n");
}

Test(recovery, names_that_are_none)
{
    expect_mistakes("let _a = 1; let b__c = 2; let d = _; let e_ = 3; let f = a__b + c__d;",
                    "1:5 bad-name\n1:17 bad-name\n1:35 bad-name\n1:58 bad-name\n");
}

Test(recovery, characters_that_mean_nothing)
{
    expect_mistakes(
        "let a = @@; let \xC3\xB6x = 1; let b = x\xC2\xA0+ 1; let c = \xE2\x80\x9Cs\xE2\x80\x9D;",
        "1:9 bad-character\n1:17 bad-character\n1:35 bad-character\n"
        "1:50 bad-character\n");
    expect_both("let a\f = 1;\rlet b = 2;", "1:6 bad-character\n1:12 bad-character\n",
                "let a = 1;\nlet b = 2;\n");
    expect_message("let a = \xE2\x80\x9Cs\xE2\x80\x9D;", "help: strings stand in straight double");
}

Test(recovery, a_nul_byte_is_a_character_like_others)
{
    struct fixture f;
    begin(&f, "let a\0 = 1;", 11);
    const struct ast_file *file = parse_file(&f.arena, f.source, &f.diags);
    cr_expect_str_eq(mistakes(&f), "1:6 bad-character\n");
    cr_expect_str_eq(file->lets->name.text, "a");
    end(&f);
}

Test(recovery, strings_that_are_not_right)
{
    expect_both("let a = \"\\n\\\xC3\xB6x\"; let b = \"\t\x01\x7F\xC2\x85\"; let c = 'd';",
                "1:10 bad-string\n1:12 bad-string\n1:28 bad-string\n1:29 bad-string\n"
                "1:30 bad-string\n1:31 bad-string\n1:44 bad-string\n",
                "let a = \"n\xC3\xB6x\";\nlet b = \"\";\nlet c = \"d\";\n");
}

/* A ';' at the end of its line ends the statement nevertheless. */
Test(recovery, unclosed_strings)
{
    expect_both("let a = \"x;\nlet b = f(\"y); \r\nlet c = \"z\\\nlet d = 1;\nlet e = 2;\n",
                "1:9 unclosed-string\n2:11 unclosed-string\n3:9 unclosed-string\n",
                "let a = <error>;\nlet b = <error>;\nlet c = <error>;\nlet d = 1;\nlet e = 2;\n");
    expect_mistakes("let a = f(\"b, \"c\");\nlet d = ;", "1:16 syntax\n2:9 syntax\n");
}

Test(recovery, encoding)
{
    expect_mistakes("let a = \"\xE4\"; # \xE4\xE4\nlet b = ;", "1:10 encoding\n2:9 syntax\n");
    expect_mistakes("let a = \xE4 + \xE4;", "1:9 encoding\n");
    struct fixture f;
    begin(&f, "\xFF\xFEl\0e\0t\0", 8);
    cr_expect(parse_file(&f.arena, f.source, &f.diags)->incomplete);
    cr_expect_str_eq(mistakes(&f), "1:1 encoding\n");
    end(&f);
    expect_mistakes("\xEF\xBB\xBFlet a = ;", "1:9 syntax\n");
}
