# A plugin in awk: it counts unwanted words. It speaks the line mode of go-plugins: a line of JSON in, a line out.
#   in   {"id":"1","method":"execute","payload":{"text":"Win a FREE prize"},"context":{}}
#   out  {"id":"1","result":{"score":1,"hits":["free"]}}     or     {"id":"1","error":"what went wrong"}
# The words come from the environment: WORDS='free urgent winner'. Start it with word-score.sh.

BEGIN {
    count = split(tolower(ENVIRON["WORDS"] == "" ? "free urgent winner" : ENVIRON["WORDS"]), list, /[ ,]+/)
    for (i = 1; i <= count; i++) wanted[list[i]] = 1
}

/[^ \t\r]/ {
    read_line($0)
    if (id == "") print "not understood: " substr($0, 1, 80) > "/dev/stderr"
    else if (method != "execute") answer("error", "\"this plugin knows the method 'execute' and nothing else\"")
    else if (!has_text) answer("error", "\"send {'text': string}\"")
    else answer("result", score(text))
}

function answer(kind, json) {
    print "{\"id\":" id ",\"" kind "\":" json "}"
    fflush() # the host waits for this line, not for a full buffer
}

function score(text,   count, i, word, found, hits, seen) {
    count = split(tolower(text), word, "[\001-/:-@[-`{-\177]+") # at all of ASCII that is no letter and no digit
    for (i = 1; i <= count; i++) {
        if (!(word[i] in wanted) || word[i] == "") continue
        found++
        if (word[i] in seen) continue
        seen[word[i]]
        hits = hits (hits == "" ? "" : ",") "\"" word[i] "\""
    }
    return "{\"score\":" found + 0 ",\"hits\":[" hits "]}"
}

# Finds id, method and payload.text. JSON has no raw control characters, so two of them can stand for the escapes
# that would hide where a string ends; then every second piece between quotes is the inside of a string.
function read_line(line,   count, piece, i, depth, key, place) {
    id = method = text = ""; has_text = 0
    gsub(/\\\\/, "\001", line)
    gsub(/\\"/, "\002", line)
    count = split(line, piece, "\"")
    for (i = 1; i < count; i += 2) {
        depth += changes(piece[i])
        if (piece[i + 2] ~ /^[ \t]*:/) { # the string is a key
            key[depth] = piece[i + 1]
            if (depth == 1 && piece[i + 1] == "id" && match(piece[i + 2], /[0-9]+/)) id = substr(piece[i + 2], RSTART, RLENGTH)
            continue
        }
        place = depth == 1 ? key[1] : depth == 2 ? key[1] "." key[2] : ""
        if (place == "id" && piece[i + 1] !~ /[\001\002\\]/) id = "\"" piece[i + 1] "\""
        else if (place == "method") method = piece[i + 1]
        else if (place == "payload.text") { text = plain(piece[i + 1]); has_text = 1 }
    }
}

# By how much the nesting changes in what stands between two strings.
function changes(structure) {
    return gsub(/[{[]/, "", structure) - gsub(/[]}]/, "", structure)
}

# Escapes other than those above stand for no letter: a host writes letters as they are.
function plain(string) {
    gsub(/\\[bfnrt]|\\u[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]/, " ", string)
    return string
}
