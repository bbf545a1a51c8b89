/* SHA-256 against the vectors of FIPS 180-2, appendix B, and those of NIST's CAVP for no bytes; in
 * both ways, where this machine has the second. */
#include "sha256.h"

#include <criterion/criterion.h>

#include <string.h>

enum way { FASTEST, PLAIN, WAYS };

static void start(struct mlprt_sha256 *s, enum way way)
{
    mlprt_sha256_start(s);
    if (way == PLAIN)
        s->blocks = mlprt_sha256_plain;
}

static void hash(const void *data, size_t size, char hex[MLPRT_SHA256_HEX], enum way way)
{
    struct mlprt_sha256 s;
    start(&s, way);
    mlprt_sha256_put(&s, data, size);
    mlprt_sha256_finish(&s, hex);
}

/* The instructions are used where the machine has them. */
Test(sha256, fastest_way)
{
    struct mlprt_sha256 s;
    mlprt_sha256_start(&s);
    mlprt_sha256_blocks *fast = mlprt_sha256_fast();
    cr_expect_eq(s.blocks, fast ? fast : mlprt_sha256_plain);
}

Test(sha256, published)
{
    static const struct {
        const char *text, *digest;
    } vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
         "klmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        for (enum way way = FASTEST; way < WAYS; way++) {
            char hex[MLPRT_SHA256_HEX];
            hash(vectors[i].text, strlen(vectors[i].text), hex, way);
            cr_expect_str_eq(hex, vectors[i].digest);
        }
}

Test(sha256, million)
{
    char hex[MLPRT_SHA256_HEX], thousand[1000];
    memset(thousand, 'a', sizeof thousand);
    for (enum way way = FASTEST; way < WAYS; way++) {
        struct mlprt_sha256 s;
        start(&s, way);
        for (int i = 0; i < 1000; i++)
            mlprt_sha256_put(&s, thousand, sizeof thousand);
        mlprt_sha256_finish(&s, hex);
        cr_expect_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}

/* However the bytes come in, for every length around the padding's two cases; and both ways
 * come to the same. */
Test(sha256, pieces)
{
    unsigned char data[200];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 37 + 11);
    for (size_t size = 0; size <= sizeof data; size++) {
        char whole[MLPRT_SHA256_HEX], parts[MLPRT_SHA256_HEX];
        hash(data, size, whole, PLAIN);
        for (size_t cut = 0; cut <= size; cut += 1 + cut / 8) {
            struct mlprt_sha256 s;
            start(&s, FASTEST);
            mlprt_sha256_put(&s, data, cut);
            mlprt_sha256_put(&s, NULL, 0);
            mlprt_sha256_put(&s, data + cut, size - cut);
            mlprt_sha256_finish(&s, parts);
            cr_expect_str_eq(parts, whole, "%zu bytes cut at %zu", size, cut);
        }
    }
}
