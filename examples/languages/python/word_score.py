#!/usr/bin/env python3
"""A plugboard plugin in plain Python (3.8 or newer, standard library only): it counts unwanted words.

It takes {"text": string} or {"raw": bytes}, with "mark": true if it likes, and answers {"score": number, "hits":
[string]}, with mark also {"marked": bytes}. The host's config is {"words": [string]}.
"""
import json, os, queue, re, socket, sys, threading

WORD = re.compile(r"[^\W_]+")


class Failure(Exception):  # reaches the caller, with a code of this plugin's own
    def __init__(self, code, message, number=-32000, retryable=False):
        self.reply = {"code": number, "message": message, "data": {"code": code, "retryable": retryable}}


def execute(request, words, cancelled):
    request = request if isinstance(request, dict) else {}
    text = request["raw"].decode("utf-8", "replace") if isinstance(request.get("raw"), bytes) else request.get("text")
    if not isinstance(text, str):
        raise Failure("BAD_REQUEST", 'send {"text": string} or {"raw": bytes}')
    found = []

    def look_at(word):
        if cancelled.is_set():
            raise InterruptedError
        found.extend({word[0].lower()} & words)
        return word[0].upper() if word[0].lower() in words else word[0]

    marked = WORD.sub(look_at, text)
    answer = {"score": len(found), "hits": list(dict.fromkeys(found))}
    return {**answer, "marked": marked.encode()} if request.get("mark") else answer


def revive(attachments, value):
    if "$bytes" in value:  # stands for an attachment; a user's own "$bytes" comes as "$$bytes"
        return attachments[value["$bytes"]]
    return {re.sub(r"^\$(\$+bytes)$", r"\1", key): inner for key, inner in value.items()}


class Plugin:
    def __init__(self, reader, writer):
        self.reader, self.writer, self.writing = reader, writer, threading.Lock()
        self.limit, self.running = 2 ** 24, {}  # call id -> Event, set when the caller gives up
        self.calls = queue.Queue(1000)  # a host that asks faster than this works has to wait
        for _ in range(4):
            threading.Thread(target=self.work, daemon=True).start()

    def send(self, **message):
        attachments = []
        # json asks `default` for bytes only; an answer with its own key "$bytes" would have to write it "$$bytes"
        mark = lambda part: {"$bytes": attachments.append(part) or len(attachments) - 1}
        text = json.dumps(message, default=mark, allow_nan=False)
        head = '{"jsonrpc":"2.0","bytes":%s,' % [len(part) for part in attachments]
        frame = b"".join([(head + text[1:] + "\n").encode(), *attachments])
        if len(frame) > self.limit:
            raise Failure("TOO_LARGE", "the answer has %d bytes, allowed are %d" % (len(frame), self.limit))
        with self.writing:
            self.writer.write(frame)
            self.writer.flush()

    def answer(self, call_id, method, *args):
        try:
            self.send(id=call_id, result=method(*args))
        except InterruptedError:
            pass  # the caller gave up: nobody waits for an answer
        except Exception as error:  # a bug costs one call, not the plugin
            self.send(id=call_id, error=getattr(error, "reply", {"code": -32000, "message": repr(error)}))

    def work(self):
        for call_id, hook, request, cancelled in iter(self.calls.get, None):
            self.answer(call_id, execute if hook == "execute" else self.unknown, request, self.words, cancelled)
            self.running.pop(call_id, None)
            self.calls.task_done()

    def receive(self):
        for line in self.reader:
            try:
                attachments = [self.reader.read(length) for length in json.loads(line).get("bytes", [])]
                message = json.loads(line, object_hook=lambda value: revive(attachments, value))
                self.handle(message["method"], message.get("params") or {}, message.get("id"))
            except Exception as error:
                print("not understood: %r (%r)" % (line[:80], error), file=sys.stderr)

    def handle(self, method, params, message_id):
        if method == "plugin.call":
            cancelled = self.running[message_id] = threading.Event()
            self.calls.put((message_id, params["hook"], params.get("request"), cancelled))
        elif method == "plugin.cancel":
            self.running.get(params["id"], threading.Event()).set()
        elif method == "plugin.shutdown":  # beside the reader, which goes on to hear of cancelled calls
            threading.Thread(target=lambda: (self.calls.join(), self.answer(message_id, dict), os._exit(0))).start()
        elif message_id is not None:  # an unknown notification is dropped
            known = {"plugin.initialize": self.initialize, "plugin.configure": self.configure,
                     "plugin.health": lambda _: {"status": "healthy"}}
            self.answer(message_id, known.get(method, self.unknown), params)

    def unknown(self, *_):
        raise Failure("PLUGIN_1211", "this plugin answers the hook 'execute' and nothing else", -32601)

    def initialize(self, params):
        self.limit, info = params["limits"]["maxFrameBytes"], {"name": "word-score", "version": "1.0.0"}
        return self.configure(params, protocolVersion=1, info=info, hooks=["execute"], attachments=True)

    def configure(self, params, **answer):
        words = (params.get("config") or {}).get("words", ["free", "urgent", "winner"])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise Failure("BAD_CONFIG", "config.words must be a list of strings", -32602)
        self.words = frozenset(word.lower() for word in words)
        return answer


if __name__ == "__main__":
    if os.environ.get("PLUGBOARD_MAGIC_COOKIE") != "plugboard-v1-5f1d7a3c":
        sys.exit("This is a plugboard plugin: .withPlugin('score', subprocess('python3', { args: ['word_score.py'] }))")
    channel = os.environ.get("PLUGBOARD_CHANNEL", "stdio")
    if channel.startswith("fd:"):
        stream = socket.socket(fileno=int(channel[3:]))
        plugin = Plugin(stream.makefile("rb"), stream.makefile("wb"))  # and stdin ends when the host dies:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    else:
        plugin = Plugin(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
        os.dup2(2, 1)  # stdout belongs to the frames now; what is printed goes to stderr
    plugin.receive()
    os._exit(0)  # the channel ended: nobody waits for the calls that still run
