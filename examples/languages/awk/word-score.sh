#!/bin/sh
# Runs word-score.awk with whatever awk there is; AWK names another one.
if [ -t 0 ]; then
    echo "word-score is a plugin that counts unwanted words: a host starts it and asks it on stdin, line by line." >&2
    echo "In a host: .withPlugin('score', subprocess('./word-score.sh', { protocol: 'go-plugins' }))" >&2
    exit 1
fi
awk=${AWK:-awk}
case $($awk -W version 2>&1 </dev/null) in
    mawk*) set -- -W interactive ;; # or it waits for a full buffer before it looks at the first line
    *) set -- ;;
esac
LC_ALL=C && export LC_ALL # bytes are bytes
exec $awk "$@" -f "$(dirname "$0")/word-score.awk"
