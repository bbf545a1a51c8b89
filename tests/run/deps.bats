# tools/install-deps sees what is there, before it installs anything. The programs that it asks and
# those that it would call are the test's own.

load common

# fake NAME STATUS [LINE]: a program that prints a line and ends with a status.
fake() {
    mkdir -p bin
    printf '#!/bin/sh\necho "%s"\nexit %s\n' "$3" "$2" >"bin/$1"
    chmod 755 "bin/$1"
}

install_deps() {
    fake apt-get 1
    fake sudo 1
    PATH=$PWD/bin:$PATH run "$ROOT/tools/install-deps" "$@"
}

@test "deps: a library is seen by the linker's list" {
    fake ldconfig 0 "	libopenblas.so.0 (libc6,x86-64) => /lib/x86_64-linux-gnu/libopenblas.so.0"
    install_deps bench
    [[ $output != *openblas* ]]
    fake ldconfig 0 "	libblas.so.3 (libc6,x86-64) => /lib/x86_64-linux-gnu/libblas.so.3"
    install_deps bench
    [[ $output == *"note: libopenblas0-pthread is not to be had"* ]]
}

@test "deps: what is needed and not to be had is an error" {
    sed 's/^check  bats .*/check  no-such-package command no-such-command/' "$ROOT/tools/install-deps" >install-deps
    chmod 755 install-deps
    fake apt-get 1
    fake sudo 1
    PATH=$PWD/bin:$PATH run ./install-deps check
    [ "$status" = 1 ]
    [[ $output == *"error: missing; "*"apt-get install"*" no-such-package"* ]]
}

@test "deps: what is there is not installed" {
    install_deps build
    [ "$status" = 0 ]
    [[ $output != *gcc* ]]
}

@test "deps: a group that there is not is an error" {
    install_deps build chekc
    [ "$status" = 2 ]
    [ "$output" = "error: there is no group 'chekc'" ]
}
