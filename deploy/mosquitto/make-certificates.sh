#!/usr/bin/env bash
# Makes an authority, the broker's certificate and one certificate for each client. Needs openssl.
#   make-certificates.sh FOLDER BROKER-HOST CLIENT...
#   make-certificates.sh certs broker.example.org signalctl mainz/kaiserstrasse transit-mainz
# Existing keys are kept, so that a client can be added later. The authority's key (ca.key) belongs off the broker.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
folder=$1 host=$2
shift 2
umask 077
mkdir -p "$folder"
cd "$folder"

key() { [ -e "$1.key" ] || openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# certificate FILE COMMON-NAME EXTENSIONS
certificate() {
    [ -e "$1.crt" ] && return
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$(printf %s "$2" | sed 's|/|\\/|g')" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 825 \
        -extfile <(printf '%s\n' "$3") -out "$1.crt" 2>/dev/null
    rm "$1.csr"
    echo "$folder/$1.crt: $2"
}

if [ ! -e ca.crt ]; then
    key ca
    openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=signalctl authority" -out ca.crt
fi
case $host in
    *[!0-9.]*) name="DNS:$host" ;;
    *) name="IP:$host" ;;
esac
certificate server "$host" "subjectAltName=$name
extendedKeyUsage=serverAuth"
for client; do
    certificate "${client//\//-}" "$client" "extendedKeyUsage=clientAuth"
done
chmod a+r ./*.crt
