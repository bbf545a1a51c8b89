# Bad input: .mlp files.

load torture

@test "torture: a file of nothing, or of nothing but comments, lacks its blocks at its end" {
    : >empty.mlp
    printf '# one\n  # two' >comments.mlp
    printf '\357\273\277' >mark.mlp
    printf ' \n\t\n\n' >blank.mlp
    for file in empty.mlp:1:1 comments.mlp:2:8 mark.mlp:1:1 blank.mlp:3:1; do
        mistaken ${file%%:*} ${file#*:} "the file has no model block [missing-block]"
        grep -q "^$file: error: the file has no data block " err
        grep -q "^$file: error: the file has no train block " err
    done
}

@test "torture: a byte order mark, CRLF and no final newline change nothing" {
    mkdir mark crlf open
    mlpgen net.mlp -o plain
    printf '\357\273\277' | cat - net.mlp >mark/net.mlp
    sed 's/$/\r/' net.mlp >crlf/net.mlp
    printf %s "$(cat net.mlp)" >open/net.mlp
    for kind in mark crlf open; do
        differ net.mlp $kind/net.mlp
        mlpgen $kind/net.mlp -o $kind/plain
        cmp <(without_digest plain) <(without_digest $kind/plain)
    done
}

@test "torture: NUL bytes and bytes that are not UTF-8 are named with their place" {
    sed 's/tanh/ta\x00nh/' net.mlp >nul.mlp
    mistaken nul.mlp 1:71 "control character 0x00 [bad-character]"
    sed 's/"x/"x\x00/' net.mlp >string.mlp
    mistaken string.mlp 2:22 "control character in a string [bad-string]"
    sed 's/tanh;/tanh; # \xe4/' net.mlp >latin.mlp
    mistaken latin.mlp 1:77 "byte 0xE4 is not UTF-8 [encoding]"
    head -c 1000000 /dev/zero >zero.mlp
    mistaken zero.mlp 1:1 "control character 0x00 [bad-character]"
    tr '\0' '\377' <zero.mlp >ff.mlp
    mistaken ff.mlp 1:1 "byte 0xFF is not UTF-8 [encoding]"
}

@test "torture: what is too large is refused before it is read to its end" {
    for size in 1G 5G; do
        truncate -s $size line.mlp
        ends 3 bounded "$BUILD/mlpgen" line.mlp
        says "mlpgen: error: line.mlp: is larger than 64 MiB, which no model file is"
    done
}

@test "torture: in a line of megabytes the column is right, and the message short" {
    { head -c 4000000 /dev/zero | tr '\0' ' '; echo '@'; } >line.mlp
    mistaken line.mlp 1:4000001 "unexpected character '@' [bad-character]"
    { printf 'let a = "'; head -c 4000000 /dev/zero | tr '\0' s; } >line.mlp
    mistaken line.mlp 1:9 "string is not closed on its line [unclosed-string]"
    { printf 'let '; head -c 4000000 /dev/zero | tr '\0' n; } >line.mlp
    mistaken line.mlp 1:5 "name 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...' is longer than 64 bytes [bad-name]"
    [ "$(wc -c <err)" -lt 4000 ]
}

@test "torture: of a million layers the first that is too much is named" {
    { echo 'model net { input = 2; loss = mse;'; yes 'dense(4);' | head -n 1000000; echo '}'; } >net.mlp
    mistaken net.mlp 4098:1 "more than 4096 layers [too-large]"
}

@test "torture: a hundred thousand brackets are too deep, on a small stack too" {
    # deep PLACE START TEXT
    deep() {
        { printf '%s' "$2"; times 100000 "$3"; } >deep.mlp
        ends 1 bash -c "ulimit -s 256; exec timeout 30 '$BUILD/mlpgen' deep.mlp"
        says "deep.mlp:$1: error: nested too deep [too-deep]"
    }
    deep 1:109 'let a = ' '('
    deep 1:359 'let a = ' '[f(a = '
    deep 1:10003 'let a = ' '-'
    deep 1:9 'let a = 1' '+1'
    deep 1:1205 'model m { ' 'repeat(1) { '
    times 100000 '}' >deep.mlp
    mistaken deep.mlp 1:1 "'}' closes nothing [unopened]"
}

@test "torture: a number of a million digits is one" {
    { printf 'let a = '; times 1000000 7; echo ';'; } >digits.mlp
    mistaken digits.mlp 1:9 "number '7777777777777777777777777777777777777777...' is out of range [bad-number]"
    { printf 'let a = 1'; times 1000000 0; echo 'e-1000000;'; sed 's/lr = 0.1/lr = 0.1 * a/' net.mlp; } >digits.mlp
    ends 0 bounded "$BUILD/mlpgen" --emit=resolved digits.mlp -o small
    ends 0 bounded "$BUILD/mlpgen" --emit=resolved net.mlp -o plain
    cmp plain small
    { printf 'let a = 0.'; times 1000000 0; echo '1;'; sed 's/lr = 0.1/lr = 0.1 + a/' net.mlp; } >digits.mlp
    ends 0 bounded "$BUILD/mlpgen" --emit=resolved digits.mlp -o small
    cmp plain small
}

@test "torture: sizes that 32 or 64 bits cannot hold are out of range where they stand" {
    units() {
        sed "s/dense(3); tanh/dense($1); tanh/" net.mlp >size.mlp
        mistaken size.mlp 1:65 "'units' must be from 1 to 16777216, not $2 [out-of-range]"
    }
    units 0 0
    units 2147483648 2147483648
    units 4294967297 4294967297
    units 18446744073709551617 1.8446744073709552e+19
    units 1e300 1e+300
    for input in '[65536, 65536]' '[4294967296, 4294967296]' '[4294967297, 4294967297]' \
        "[$(times 70 '2, ')]"; do
        sed "s/input = 2/input = $input/" net.mlp >size.mlp
        ends 1 bounded "$BUILD/mlpgen" size.mlp
        grep -q "^size.mlp:1:2[12]: error: 'input' must be from 1 to 16777216" err
    done
    sed 's/batch = 2/batch = 4294967298/; s/epochs = 2/epochs = 4294967298/' net.mlp >size.mlp
    ends 1 mlpgen size.mlp
    [ "$(grep -c "^size.mlp:3:.*: error: .* must be from 1 to [0-9]*, not 4294967298 \[out-of-range\]$" err)" = 2 ]
    sed 's/dense(3); tanh/repeat(4294967297) { dense(3); tanh; }/' net.mlp >size.mlp
    ends 1 bounded "$BUILD/mlpgen" size.mlp
    grep -q "^size.mlp:1:66: error: 'times' must be from 1 to 16777216, not 4294967297 \[out-of-range\]$" err
}
