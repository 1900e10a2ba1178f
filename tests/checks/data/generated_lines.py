"""Generated and hostile lines: what the corpus holds, mutated and spliced, with odd characters, in three shapes."""

import csv
import io
import json

import corpus

ODD = [
    "\u200b",
    "\u00ad",
    "\u202e",
    "\u0301",
    "\ufeff",
    "\x00",
    "１",
    "９",
    "Ａ",
    "：",
    "𝟏",
    "٣",
    "é",
    "\x0b",
    "\u2028",
    "😀",
]
MARKS = [
    *" .:=-_/\"',;|@#()（）\t\\[]{}<>%",
    "号",
    "为",
    "是",
    "王",
    "操作员",
    "电话",
    "password=",
    "138",
    "0x",
    "\r",
]
KEYS = [
    "note",
    "操作员",
    "contactName",
    "phone",
    "serial no",
    "password",
    "id_card",
    "备注",
    "lat",
    "a/b~c",
    "passport",
]


def lines(rng, number):
    """Return `number` lines without a newline."""
    plain = [line.text for line in corpus.mixed(rng.randrange(1 << 30), number // 2, share=0.5)]
    plain += [line.text for line in corpus.secret_lines()]
    return [_mutated(rng, plain) for _ in range(number)]


def _mutated(rng, plain):
    text = rng.choice(plain)
    kind = rng.random()
    if kind < 0.25:
        return text
    if kind < 0.35:
        other = rng.choice(plain)
        text = (
            text[: rng.randint(0, len(text))]
            + rng.choice(MARKS) * rng.randint(0, 2)
            + other[rng.randint(0, len(other)) :]
        )
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randint(0, len(text))
        match rng.randrange(5):
            case 0:
                text = text[:at] + rng.choice(ODD) + text[at:]
            case 1:
                text = text[:at] + rng.choice(MARKS) + text[at:]
            case 2:
                text = text[:at] + text[at + 1 :]
            case 3:
                text = text[:at] + rng.choice("0123456789XAx") + text[at + 1 :]
            case _:
                text = text[:at] + text[at : at + rng.randint(1, 20)] * rng.randint(1, 3) + text[at:]
    return text.replace("\n", " ")


def as_text(rng, texts):
    """Return the lines as bytes, some of them undecodable."""
    found = [text.encode() for text in texts]
    for _ in range(len(found) // 200):
        at = rng.randrange(len(found))
        cut = rng.randint(0, len(found[at]))
        found[at] = found[at][:cut] + rng.choice((b"\xff", b"\xe4\xb8", b"\xed\xa0\x80")) + found[at][cut:]
    return b"\n".join(found)


def as_jsonl(rng, texts):
    """Return the lines as values of JSON under keys that may name a column, now and then broken."""
    return "\n".join(_json(rng, text) for text in texts).encode("utf-8", "surrogatepass")


def _json(rng, text):
    key = rng.choice(KEYS)
    value = rng.choice(
        (
            text,
            [text],
            {rng.choice(KEYS): text},
            {"a": {"b": [1, text]}},
            {text: {text[:9]: text}},
            text + "\n" + text[:20],
        )
    )
    line = json.dumps({"id": rng.randrange(1 << 40), key: value}, ensure_ascii=rng.random() < 0.5)
    kind = rng.random()
    if kind < 0.05:
        return line.replace("/", "\\/")
    if kind < 0.08:
        at = rng.randint(0, len(line))
        return line[:at] + rng.choice(('"', "\\", "\\u12", "\\ud83d", "}", "\\\\u0031")) + line[at:]
    return line


def as_csv(rng, texts):
    """Return the lines as cells of rows, some of them ragged, with quotes that are doubled or never closed."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    writer.writerow(["id", rng.choice(KEYS), "text"])
    for index, text in enumerate(texts):
        extra = [text[::-1]] if rng.random() < 0.1 else []
        writer.writerow([index, rng.choice(("ok", "x\ny", 'say "x"')), text, *extra])
        if rng.random() < 0.002:
            stream.write(f'{index},"never closed,{text}\r\n')
    return stream.getvalue().encode()


SHAPES = {"text": as_text, "jsonl": as_jsonl, "csv": as_csv}
