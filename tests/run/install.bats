# make install, as a user without root does it, and as a packager does it.

load common

install_to() {
    make -s -C "$ROOT" B="$BUILD" install "$@"
}

@test "install: what is installed is all it takes to train" {
    install_to PREFIX="$PWD/there"
    export PATH=$PWD/there/bin:$PATH PKG_CONFIG_PATH=$PWD/there/lib/pkgconfig
    command mlpgen "$ROOT/examples/xor/xor.mlp" -o xor.c
    cc -O2 xor.c $(pkg-config --cflags --libs mlprt) -o xor
    ./xor train
    [ -s xor.safetensors ]
    [ "$(./xor eval | value_of accuracy)" = 1.0000 ]
}

@test "install: a tree that is not installed does too" {
    export PATH=$BUILD:$PATH PKG_CONFIG_PATH=$BUILD
    mlpgen "$ROOT/examples/xor/xor.mlp" -o xor.c
    cc -O2 xor.c $(pkg-config --cflags --libs mlprt) -o xor
    ./xor train --quiet
}

@test "install: the installed tree can be moved" {
    install_to PREFIX="$PWD/there"
    mv there elsewhere
    export PKG_CONFIG_PATH=$PWD/elsewhere/lib/pkgconfig
    elsewhere/bin/mlpgen "$ROOT/examples/xor/xor.mlp" -o xor.c
    cc -O2 xor.c $(pkg-config --cflags --libs mlprt) -o xor
    ./xor train
}

@test "install: pkg-config knows the version that mlpgen prints" {
    install_to PREFIX="$PWD/there"
    version=$(PKG_CONFIG_PATH=there/lib/pkgconfig pkg-config --modversion mlprt)
    [[ $(there/bin/mlpgen --version) == *" $version"* ]]
}

@test "install: everything goes below DESTDIR, and uninstall takes all of it" {
    install_to DESTDIR="$PWD/stage" PREFIX=/opt/mlpgen
    [ -x stage/opt/mlpgen/bin/mlpgen ]
    [ -f stage/opt/mlpgen/include/mlprt.h ]
    [ -f stage/opt/mlpgen/lib/libmlprt.a ]
    make -s -C "$ROOT" B="$BUILD" uninstall DESTDIR="$PWD/stage" PREFIX=/opt/mlpgen
    [ -z "$(find stage ! -type d)" ]
    [ ! -e stage/opt/mlpgen/include/mlprt ]
}

@test "install: without scdoc the manual pages are left out by name" {
    mkdir bin
    for tool in make sh install sed awk basename chmod mkdir cmp cc ld as ar rm; do
        ln -s "$(command -v $tool)" bin/
    done
    PATH=$PWD/bin run install_to PREFIX="$PWD/there"
    [ "$status" = 0 ]
    [[ $output == *"the manual page mlpgen.1 is left out"* ]]
    [ -x there/bin/mlpgen ]
    [ ! -e there/share/man/man1/mlpgen.1 ]
}

@test "install: with scdoc there is a manual page" {
    command -v scdoc >/dev/null || skip "scdoc is not installed"
    install_to PREFIX="$PWD/there"
    grep -q '^\.TH "mlpgen" "1"' there/share/man/man1/mlpgen.1
    mlpgen --help | grep -o '^  --[a-z]*' | while read -r option; do
        sed 's/\\-/-/g' there/share/man/man1/mlpgen.1 | grep -qF -e "$option" || { echo "no $option"; false; }
    done
}
