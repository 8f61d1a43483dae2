"""What can't be is refused in one sentence that names the culprit; nothing is written.

A line of a table is a case: its name, the command, what is prepared, and what the sentence must
hold. Where a user would expect it to work, the sentence is what must stand in the output.
"""

import gzip
import io
import os
import random
import resource
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import makemore
from makemore.commands import app
from makemore.commands.messages import reports_errors
from makemore.corpus.reader import read_documents
from makemore.corpus.sources import read_bytes
from makemore.corpus.streaming import stream_documents
from makemore.errors import UserError
from makemore.sampling import without_replacement
from tests.helpers import PYTHON, Runner, write_file

PATIENCE = 60
"""Seconds that a case may take, on a busy machine."""
MEMORY = 2**20
"""KiB by which the process may grow in a case."""


class Special:
    """What is prepared is no file with bytes."""


FOLDER, PIPE, SOCKET = Special(), Special(), Special()


class To(str):
    """What a link points to."""


Prepared = dict[str, str | bytes | Special]
Case = tuple[str, str, Prepared, str]
NO_TEXT = os.fsdecode(b"n\xff.txt")
BIG, BIGGER, DIGITS, LONG = str(2**62), str(2**70), "9" * 5000, "x" * 300
NAMES = "anna\nbob\ncara\ndora\nemma\n" * 9
ACCENTS = "ren\u00e9\nzo\u00eb\nandr\u00e9\n" * 9
NOISE = random.Random(0).randbytes(5000)
MANY = "\n".join(
    "".join(map(chr, range(i, i + 5)))
    for i in [*range(0x4E00, 0x9FA0, 5), *range(0x20000, 0x20000 + 79_100, 5)]
)
"""100,000 different characters, five in a document."""
X: Prepared = {"x.txt": NAMES}
BEST, LAST = "r/best.safetensors", "r/last.safetensors"
RUN: Prepared = {"r": FOLDER, "r/config.toml": 'model = "bigram"\n'}
C = "train --config x"
HUGE = f"train --model mlp --n-hidden {2**20} --n-embd {2**20}"
T = "train --model bigram --out r --data x.txt"

# a "\0" stands for an empty word, and "\1" for a NUL
FILES: list[Case] = [
    ("an empty file", T, {"x.txt": ""}, "x.txt holds no text"),
    ("an empty text", f"{T} --format text", {"x.txt": ""}, "x.txt holds no text"),
    ("line breaks alone", T, {"x.txt": "\n" * 9}, "x.txt holds no text"),
    ("line breaks as a text", f"{T} --format text", {"x.txt": "\n" * 9}, "holds no text"),
    ("blanks alone", T, {"x.txt": "   "}, "x.txt holds no text"),
    ("blanks that are kept", f"{T} --keep-blanks", {"x.txt": "   "}, "x.txt holds no text"),
    ("a byte-order mark alone", T, {"x.txt": "\ufeff"}, "x.txt holds no text"),
    ("a NUL", T, {"x.txt": f"an\0na\n{NAMES}"}, "holds NUL characters, as no text does (the first"),
    ("bytes of no text", T, {"x.txt": NOISE}, "x.txt is not text"),
    ("a picture", T, {"x.txt": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0"}, "x.txt is not text"),
    ("UTF-16 with a mark", T, {"x.txt": NAMES.encode("utf-16")}, "add --encoding utf-16."),
    ("UTF-16 without one", T, {"x.txt": NAMES.encode("utf-16-le")}, "try --encoding utf-16-le."),
    ("UTF-16 the other way", T, {"x.txt": NAMES.encode("utf-16-be")}, "try --encoding utf-16-be."),
    ("UTF-32", T, {"x.txt": NAMES.encode("utf-32")}, "add --encoding utf-32."),
    ("Latin-1", T, {"x.txt": ACCENTS.encode("latin-1")}, "add --encoding cp1252."),
    ("half of UTF-16", f"{T} --encoding utf-16", {"x.txt": "abc"}, "is not utf-16 text"),
    ("no file", T, {}, "x.txt: No such file"),
    ("a folder without files", T, {"x.txt": FOLDER}, "x.txt is a folder without files"),
    ("hidden files alone", T, {"x.txt": FOLDER, "x.txt/.y": NAMES}, "is a folder without files"),
    ("a folder inside itself", T, {"x.txt": FOLDER, "x.txt/y": To(".")}, "is a folder without"),
    ("a pipe in a folder", T, {"x.txt": FOLDER, "x.txt/y": PIPE}, "is a folder without files"),
    ("a link to itself", T, {"x.txt": To("x.txt")}, "x.txt: Too many levels of symbolic links"),
    ("a link to nothing", T, {"x.txt": To("nowhere")}, "x.txt: No such file"),
    ("a socket", T, {"x.txt": SOCKET}, "x.txt: No such device"),
    ("a device that ends", T, {"x.txt": To(os.devnull)}, "x.txt is a device, and no text"),
    ("a device without end", T, {"x.txt": To("/dev/zero")}, "x.txt is a device, and no text"),
    ("random numbers", "train --data /dev/urandom", {}, "/dev/urandom is a device"),
    ("a file as a folder", "train --data x.txt/y", X, "x.txt/y: Not a directory"),
    ("a name too long", f"train --data {LONG}", {}, "xx: File name too long"),
    ("a path too long", f"train --data {'x/' * 5000}", {}, "File name too long"),
    ("a name that is no UTF-8", f"train --data {NO_TEXT}", {NO_TEXT: NAMES}, "not UTF-8: rename"),
    ("no such home", "train --data ~nouser/x", {}, "no such home directory in ~nouser/x"),
    ("an escape in a name", "train --data \x1b[31mx", {}, r"\x1b[31mx: No such file"),
    ("no validation file", f"{T} --val-data y.txt", X, "y.txt: No such file"),
    ("an empty test file", f"{T} --test-data y", {**X, "y": ""}, "y holds no text"),
    ("gzip that is none", "train --data x.gz", {"x.gz": b"\x1f\x8bno"}, "x.gz is gzipped, and dam"),
    ("gzip of nothing", "train --data x.gz", {"x.gz": gzip.compress(b"")}, "x.gz holds no text"),
    ("a table", "train --data x.csv", {"x.csv": "id,name\n1,anna\n"}, "one of them by --column"),
    ("no such column", f"{T} --column a", {"x.txt": "id,name\n1,b\n"}, "has no column 'a'"),
    ("JSON 100,000 deep", "train --data x.json --column a", {"x.json": "[" * 10**5}, "x.json, l"),
    ("half a character", f"{T} --column a", {"x.txt": '{"a": "\\ud800"}'}, "half a character"),
    ("an open quote", f"{T} --column b", {"x.txt": 'a,b\n1,"c\n'}, "x.txt is no table"),
    ("100,000 characters, mlp", "train --model mlp --data x", {"x": MANY}, "at most 32,768"),
    ("100,000 characters, ngram", "train --model ngram --data x", {"x": MANY}, "at most 32,768"),
    ("as many in a text", "train --format text --data x", {"x": MANY}, "at most 32,768: take less"),
    ("eval of nothing", "eval --run lines --data x.txt", {"x.txt": ""}, "x.txt holds no text"),
    ("eval of a device", "eval --run lines --data /dev/zero", {}, "/dev/zero is a device"),
    ("eval of strangers", "eval --run lines --data x", {"x": "zo\u00eb"}, "by --skip-unknown"),
    ("score of a device", "score --run lines --data /dev/zero", {}, "/dev/zero is a device"),
    ("score of a NUL", "score --run lines --data x", {"x": "a\0b\n"}, "x holds NUL characters"),
    ("score of a folder", "score --run lines --data d", {"d": FOLDER}, "d is a folder without"),
    ("score of Latin-1", "score --run lines --data x", {"x": b"zo\xeb\n"}, "x is not UTF-8 text"),
    ("check of nothing", "check --model mlp --data nowhere", {}, "nowhere: No such file"),
    ("check of a device", "check --model mlp --data /dev/zero", {}, "/dev/zero is a device"),
    ("compare of nothing", "compare --data nowhere", {}, "nowhere: No such file"),
    ("lr-range of nothing", "lr-range --data nowhere", {}, "nowhere: No such file"),
    ("a lecture on nothing", "lecture 2 --names nowhere", {}, "nowhere: No such file"),
    ("a lecture on a device", "lecture 2 --names /dev/zero", {}, "/dev/zero is a device"),
]
FLAGS: list[Case] = [
    ("a rate that no float32 holds", "train --learning-rate 1e300", {}, "--learning-rate"),
    ("a rate of nan", "train --learning-rate nan", {}, "--learning-rate: input should be a finite"),
    ("a rate of inf", "train --learning-rate inf", {}, "--learning-rate: input should be a finite"),
    ("a rate of -0.0", "train --learning-rate=-0.0", {}, "--learning-rate: input should be great"),
    ("a rate in words", "train --learning-rate fast", {}, "--learning-rate"),
    ("a rate of 5,000 digits", f"train --learning-rate {DIGITS}", {}, "--learning-rate"),
    ("a smoothing likewise", "train --model bigram --smoothing 1e308", {}, "--smoothing"),
    ("2**62 channels", f"train --n-embd {BIG}", {}, "--n-embd"),
    ("2**70 layers", f"train --n-layer {BIGGER}", {}, "--n-layer"),
    ("2**70 characters", f"train --model mlp --block-size {BIGGER}", {}, "--block-size"),
    ("2**70 units", f"train --model gru --n-hidden {BIGGER}", {}, "--n-hidden"),
    ("2**70 documents a step", f"train --batch-size {BIGGER}", {}, "--batch-size"),
    ("-1 documents a step", "train --batch-size -1", {}, "--batch-size"),
    ("steps of 401 digits", f"train --max-steps {'9' * 401}", {}, "--max-steps"),
    ("steps of 5,000 digits", f"train --max-steps {DIGITS}", {}, "--max-steps"),
    ("nan passes", "train --epochs nan", {}, "--epochs"),
    ("steps and passes", "train --max-steps 3 --epochs 3", {}, "--epochs: give it or max_steps"),
    ("an order of a billion", "train --model ngram --order 1000000000", {}, "--order"),
    ("shares of nan", "train --split nan,0.5,0.5", {}, "--split: three shares"),
    ("a seed of 2**63", f"train --seed {2**63}", {}, "--seed"),
    ("no such device", "train --device nonsense", {}, "'nonsense' is not one of"),
    ("no GPU", "train --device cuda", {}, "no CUDA GPU here; try --device cpu"),
    ("another model's flag", "train --model mlp --n-head 2", {}, "--n-head: belongs to"),
    ("no such flag", "train --nonsense 3", {}, "--nonsense"),
    ("no such command", "trian", {}, "Did you mean 'train'?"),
    ("a flag without its value", "train --model", {}, "'--model' requires an argument"),
    ("no such model", "train --model gpt5", {}, "--model: 'gpt5' is none of bigram, ngram"),
    ("no model", "train --model \0", {}, "--model: '' is none of"),
    ("a model that isn't there", "train --model x.py:X", {}, "x.py to take a model from"),
    ("a folder as a model", "train --model m.py:X", {"m.py": FOLDER}, "m.py to take a model from"),
    ("no such class", "train --model m.py:X", {"m.py": "a = 1\n"}, "m.py has no class X"),
    ("a model of NUL", "train --model m.py:X", {"m.py": "\0"}, "m.py: SyntaxError"),
    ("markup as a model", "train --model [red]x.py:X", {}, "[red]x.py to take a model from"),
    ("no such encoding", "train --encoding nonsense", {}, "no encoding 'nonsense': try latin-1"),
    ("a NUL as encoding", "train --encoding a\1b", {}, r"no encoding 'a\x00b': try latin-1"),
    ("an encoding too long", f"train --encoding {'u' * 10**5}", {}, "no encoding 'uu"),
    ("too few of everything", f"{T} --min-count 99999", X, "a smaller --min-count than 99999"),
    ("no separator", "train --separator \0", {}, "--separator"),
    ("documents of a text", "train --format text --keep-blanks", {}, "format text has none"),
    ("more weights than memory", HUGE, {}, "try a smaller model or --batch-size"),
    ("a file as a run", f"{T} --out x.txt", X, "Can't make x.txt: File exists; choose another"),
    ("a run below a file", f"{T} --out x.txt/r", X, "x.txt/r: Not a directory; choose another"),
    ("a run that is there", f"{T} --out runs/lines", X, "runs/lines holds a run already: go on"),
    ("a run's name too long", f"{T} --out {LONG}", X, "File name too long; choose another --out"),
    ("a run's name that is no UTF-8", f"{T} --out {NO_TEXT}", X, "is not UTF-8: choose another"),
    ("a NUL in a run's name", "train --out a\1b", {}, "'--out'"),
    ("a device as a run", f"{T} --out /dev/null", X, "Can't make /dev/null"),
    ("no run to go on with", "train --resume --out nowhere", {}, "nowhere holds no run: give a"),
    ("another shape of a run", "train --resume --out runs/mlp --n-embd 3", {}, "can't be changed"),
    ("a run at its end", "train --resume --out runs/mlp", {}, "give it more --max-steps"),
    ("no run to start from", "train --init-from nowhere", {}, "nowhere holds no run"),
    ("counts to start from", "train --init-from lines --out r", {}, "bigram counts, and has no"),
    ("a start's name too long", f"train --init-from {LONG}", {}, "holds no run"),
    ("0 samples", "sample --run lines -n 0", {}, "'-n'"),
    ("many samples", "sample --run lines -n many", {}, "'-n'"),
    ("10**18 unlike", f"sample --run names --distinct -n {10**18}", {}, "or leave out --distinct"),
    ("10**20 unlike", f"sample --run names --distinct -n {10**20}", {}, "or leave out --distinct"),
    ("10**20 of one", f"sample --distinct --run lines --top-k 1 -n {10**20}", {}, "only 1 can"),
    ("nan degrees", "sample --run lines --temperature nan", {}, "--temperature"),
    ("inf degrees", "sample --run lines --temperature inf", {}, "--temperature"),
    ("-1e-320 degrees", "sample --run lines --temperature=-1e-320", {}, "--temperature"),
    ("the 0 likeliest", "sample --run lines --top-k 0", {}, "'--top-k'"),
    ("twice all of it", "sample --run lines --top-p 2", {}, "'--top-p'"),
    ("at least 2**70", f"sample --min-length {BIGGER} --max-length {BIGGER}", {}, "'--min-"),
    ("a seed of 2**70", f"sample --run lines --seed {BIGGER}", {}, "'--seed'"),
    ("distinct texts", "sample --run text --distinct", {}, "--distinct is for a corpus of lines"),
    ("a batch of samples", "sample --run lines --batch-size 3", {}, "--batch-size"),
    ("a model of ours", "sample --run lines --model mlp", {}, "--model names the file of"),
    ("10**18 measured", f"eval --run lines --samples {10**18}", {}, "'--samples'"),
    ("no such split", "eval --run lines --split all", {}, "'--split'"),
    ("a format of a run", "eval --run lines --format text", {}, "--format"),
    ("a column of nothing", "eval --run lines --column a", {}, "give them by --data"),
    ("a run and its settings", "check --run mlp --n-embd 4", {}, "--run has settings of its own"),
    ("words and files", "score --run lines anna --data x.txt", X, "not both"),
    ("no such order", "score --run lines anna --sort nicest", {}, "'--sort'"),
    ("no such models", "compare --models gpt5", {}, "gpt5"),
    ("no step", "moons --steps 0", {}, "'--steps'"),
    ("a picture of no kind", "moons --steps 1 --plot x.gif", {}, "x.gif"),
    ("a NUL in a picture's name", "moons --plot a\1.svg", {}, "'--plot'"),
    ("nothing to explain", "explain", {}, "Give a word to explain"),
    ("nowhere in a word", "explain anna --run mlp --at 99", {}, "--at"),
    ("a graph of no kind", "explain anna --run mlp --svg x.png", {}, "--svg writes SVG"),
    ("a sweep of 3 steps", "lr-range --steps 3", {}, "'--steps'"),
    ("a sweep that counts", "lr-range --model bigram", {}, "bigram"),
    ("no such lecture", "lecture 99", {}, "99"),
    ("names of no lecture", "lecture --names x.txt", X, "give its number too"),
    ("no such picture", "plot nonsense", {}, "nonsense is neither a run nor a picture"),
    ("a picture's name too long", f"plot {LONG}", {}, "is neither a run nor a picture"),
    ("a picture as a text", "plot mlp loss --out x.txt", X, "x.txt"),
    ("a page of no kind", "report lines --out x.txt", {}, "--out takes a file like report.html"),
    ("a folder as a page", "report lines --out x.html", {"x.html": FOLDER}, "x.html"),
    ("10**18 replayed", f"replay mlp -n {10**18}", {}, "'-n'"),
]
CONFIGS: list[Case] = [
    ("no config", "train --config x.toml", {}, "x.toml: No such file"),
    ("a folder as a config", "train --config d", {"d": FOLDER}, "d: Is a directory"),
    ("a device as a config", "train --config /dev/zero", {}, "/dev/zero is a device"),
    ("a NUL in a path", C, {"x": 'data = "a\\u0000b"'}, "a path has no NUL"),
    ("a NUL", C, {"x": 'data = "a\0b"'}, "x is not valid TOML"),
    ("5,000 digits", C, {"x": f"n_embd = {DIGITS}"}, "x is not valid TOML: a numb"),
    ("5,000 deep", C, {"x": f"a = {'[' * 5000}"}, "x is nested too deep"),
    ("UTF-16", C, {"x": "a = 1".encode("utf-16")}, "x is not UTF-8, as TOML is"),
    ("a list of names", "train --config x.txt", X, "x.txt is not valid TOML"),
    ("a word for a number", C, {"x": 'n_embd = "a"'}, "x, n_embd: input should be"),
    ("nan", C, {"x": "learning_rate = nan"}, "x, learning_rate: input should be"),
    ("a date", C, {"x": "learning_rate = 2020-01-01"}, "x, learning_rate: input"),
    ("a table for a model", C, {"x": "[model]\na = 1"}, "x, model: {'a': 1} is none"),
    ("a number for a path", C, {"x": "data = 3"}, "x, data: the path of a file or"),
    ("a misspelling", C, {"x": "lerning_rate = 1"}, "did you mean learning_rate?"),
    ("an escape", C, {"x": '"\\u001b[31mr" = 3'}, r"x, \x1b[31mr: there is no such"),
    ("markup", C, {"x": '"[red]" = 3'}, "x, [red]: there is no such setting"),
    ("a line break", C, {"x": '"a\\nb" = 3'}, r"x, a\nb: there is no such setting"),
    ("100,000 letters", C, {"x": f"{'k' * 10**5} = 3"}, "there is no such setting"),
    ("twice the same", C, {"x": "seed = 1\nseed = 2"}, "x is not valid TOML: Cannot"),
    ("a stranger's model", C, {"x": 'model = "m.py:X"', "m.py": "open('y', 'w')"}, "or --trust"),
]
PROMPTS: list[Case] = [
    ("an unknown letter", "sample --run lines --prompt \u00e9", {}, "know the character '\u00e9'"),
    ("a NUL", "sample --run lines --prompt a\1", {}, r"doesn't know the character '\x00'"),
    ("a surrogate", "sample --run lines --prompt \udcff", {}, r"the character '\udcff'"),
    ("an escape", "sample --run lines --prompt \x1b[31m", {}, r"the character '\x1b'"),
    ("markup", "sample --run lines --prompt [red]", {}, "the character '[' in '[red]'"),
    ("too long", f"sample --run lines --prompt {'a' * 500}", {}, "a larger --max-length"),
    ("one of a text", "sample --run text --prompt \u00e9", {}, "the character '\u00e9'"),
    ("an unknown letter scored", "score --run lines \u00e9", {}, "the character '\u00e9'"),
    ("nothing to score", "score --run lines \0", {}, "'' is no word to score"),
    ("an unknown letter explained", "explain \u00e9 --run mlp", {}, "'\u00e9'"),
]
CHECKPOINTS: list[Case] = [
    ("no run", "sample --run nowhere", {}, "nowhere holds no run: give a directory"),
    ("a name too long", f"sample --run {LONG}", {}, "holds no run: give a directory"),
    ("a name too long to measure", f"eval --run {LONG}", {}, "holds no run: give a directory"),
    ("a name too long to replay", f"replay {LONG}", {}, "holds no run: give a directory"),
    ("a name too long to report", f"report {LONG}", {}, "holds no run: give a directory"),
    ("a name too long to score", f"score anna --run {LONG}", {}, "holds no run: give a directory"),
    ("a name too long to explain", f"explain anna --run {LONG}", {}, "holds no run: give a dir"),
    ("a NUL in a name", "sample --run a\1b", {}, "'--run'"),
    ("a name that is no UTF-8", f"sample --run {NO_TEXT}", {}, r"n\udcff.txt holds no run"),
    ("an empty file", "sample --run x", {"x": ""}, "x is damaged, or no checkpoint"),
    ("names", "sample --run x.txt", X, "x.txt is damaged, or no checkpoint"),
    ("a pipe", "sample --run x", {"x": PIPE}, "x holds no run"),
    ("a folder", "sample --run r", {**RUN, BEST: FOLDER}, f"{BEST} is no file"),
    ("a folder to measure", "eval --run r", {**RUN, BEST: FOLDER}, f"{BEST} is no file"),
    ("a pipe in a run", "sample --run r", {**RUN, BEST: PIPE}, f"{BEST} is no file"),
    ("one to go on with", "train --resume --out r", {**RUN, LAST: FOLDER}, f"{LAST} is no file"),
    ("a link to itself", "sample --run r", {"r": To("r")}, "r holds no run"),
    ("no folder of runs", "runs nowhere", {}, "There is no run under nowhere/ yet"),
    ("a file of runs", "runs x.txt", X, "Can't read x.txt: Not a directory"),
    ("an empty folder of runs", "runs d", {"d": FOLDER}, "There is no run under d/ yet"),
    ("a folder's name too long", f"runs {LONG}", {}, "File name too long"),
]
REFUSED = [*FILES, *FLAGS, *CONFIGS, *PROMPTS, *CHECKPOINTS]
WORKS: list[Case] = [
    ("one character", T, {"x.txt": "a"}, "make more"),
    ("one character as a text", f"{T} --format text", {"x.txt": "a"}, "make more"),
    ("CRLF", T, {"x.txt": NAMES.replace("\n", "\r\n")}, "45 documents (5 distinct), 9 characters"),
    ("CR", T, {"x.txt": NAMES.replace("\n", "\r")}, "45 documents (5 distinct), 9 characters"),
    ("a byte-order mark", T, {"x.txt": "\ufeff" + NAMES}, "45 documents (5 distinct), 9 char"),
    ("UTF-16", f"{T} --encoding utf-16", {"x.txt": NAMES.encode("utf-16")}, "45 documents"),
    ("Latin-1", f"{T} --encoding latin-1", {"x.txt": ACCENTS.encode("latin-1")}, "27 documents"),
    ("gzip", f"{T[:-5]}x.gz", {"x.gz": gzip.compress(NAMES.encode())}, "45 documents"),
    ("a cell of 200,000", f"{T} --column b", {"x.txt": f"a,b\n1,{'a' * 200_000}\n"}, "make more"),
    ("markup in a name", f"{T[:-5]}[red]x", {"[red]x": NAMES}, "[red]x: 45 documents"),
    ("a config with a mark", f"{T} --config x", {**X, "x": "\ufeffsmoothing = 1.0"}, "make more"),
    ("an empty config", f"{T} --config x", {**X, "x": ""}, "make more"),
    ("no step", f"{T} --model mlp --max-steps 0", X, "make more"),
    ("a rate of 1e-320", f"{T} --model mlp --max-steps 2 --learning-rate 1e-320", X, "make more"),
    ("1e-320 degrees", "sample --run names --seed 1 --temperature 1e-320", {}, "a"),
    ("-0.0 degrees", "sample --run names --seed 1 --temperature=-0.0", {}, "a"),
    ("1e300 degrees", "sample --run lines --seed 1 --temperature 1e300 --max-length 9", {}, "a"),
    ("the 2**70 likeliest", f"sample --run lines --seed 1 --top-k {BIGGER}", {}, "a"),
    ("none of it", "sample --run lines --seed 1 --top-p 0", {}, "a"),
    ("at most 2**70", f"sample --run lines --seed 1 --max-length {BIGGER}", {}, "a"),
    ("past the block", f"sample --run mlp --prompt {'a' * 50} --max-length 60", {}, "a" * 50),
    ("markup in a file's name", "eval --run lines --data [red]x", {"[red]x": NAMES}, "[red]x"),
    ("markup in a path", "eval --run lines --data a[", {"a[": FOLDER, "a[/b].txt": NAMES}, "a["),
    ("a tag in a path", "eval --run lines --data a[/b]", {"a[": FOLDER, "a[/b]": NAMES}, "a[/b]"),
    ("an escape in a name", "eval --run lines --data \x1b[31mx", {"\x1b[31mx": NAMES}, r"\x1b[31m"),
    ("a name that is no UTF-8", f"eval --run lines --data {NO_TEXT}", {NO_TEXT: NAMES}, r"n\udcff"),
    ("a run that is a folder", "runs d", {"d": FOLDER, "d/r": FOLDER, "d/r/config.toml": FOLDER},
     "unreadable"),
    ("markup as a run", "runs d", {"d": FOLDER, "d/[red]r": FOLDER, "d/[red]r/config.toml": ""},
     "[red]r"),
    ("a batch of 2**70 points", f"moons --steps 1 --batch-size {BIGGER}", {}, "parameters"),
    ("a list of lectures", "lecture", {}, "micrograd"),
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the runs that the cases name, once for all."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("names.txt").write_text(NAMES)
        Path("play.txt").write_text("First Citizen:\nSpeak, speak.\n\n" * 40)
        for run, flags in {
            "names": "--model bigram",
            "lines": "--model bigram --data names.txt",
            "text": "--model bigram --data play.txt --format text",
            "mlp": "--model mlp --data names.txt --n-hidden 8 --max-steps 4",
        }.items():
            command = ["train", *flags.split(), "--out", f"runs/{run}"]
            assert CliRunner().invoke(app, command).exit_code == 0
    return folder


@pytest.fixture
def prepared(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each case a copy of its own."""
    folder = tmp_path / "w"
    shutil.copytree(trained, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def bounded() -> Iterator[None]:
    """Let no case take long, or much memory."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {PATIENCE} s")

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < MEMORY


def prepare(things: Prepared) -> None:
    for name, content in things.items():
        path = Path(name)
        if content is FOLDER:
            path.mkdir()
        elif content is PIPE:
            os.mkfifo(path)
        elif content is SOCKET:
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(name)
        elif isinstance(content, To):
            path.symlink_to(content)
        else:
            assert isinstance(content, str | bytes)
            path.write_bytes(content.encode() if isinstance(content, str) else content)


def look_at(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """Take the kind and the bytes of all that is there, but for the lock that a run leaves."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if path.name != ".lock":
            found[str(path)] = (mode, path.read_bytes() if stat.S_ISREG(mode) else None)
    return found


def words(command: str) -> list[str]:
    return [word.replace("\0", "").replace("\1", "\0") for word in command.split(" ")]


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize(
    ("command", "things", "sentence"),
    [pytest.param(*case[1:], id=case[0]) for case in REFUSED],
)
def test_what_can_t_be_is_a_sentence_and_writes_nothing(
    prepared: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    things: Prepared,
    sentence: str,
) -> None:
    monkeypatch.setattr(without_replacement, "MOST_NODES", 2**16)  # a thousandth of its time
    prepare(things)
    before = look_at(prepared)
    result = CliRunner().invoke(app, words(command), catch_exceptions=False)
    assert sentence in result.stderr
    assert result.exit_code in (1, 2)
    assert (len(result.stderr.splitlines()), result.stderr[:10]) == (1, "makemore: ")
    assert len(result.stderr) < 600
    assert "\x1b" not in result.stderr + result.stdout
    assert look_at(prepared) == before


@pytest.mark.usefixtures("bounded", "prepared")
@pytest.mark.parametrize(
    ("command", "things", "shown"),
    [pytest.param(*case[1:], id=case[0]) for case in WORKS],
)
def test_what_a_user_expects_to_work_does(command: str, things: Prepared, shown: str) -> None:
    prepare(things)
    result = CliRunner().invoke(app, words(command), catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    assert shown in result.stdout
    assert "\x1b" not in result.stderr + result.stdout


def test_there_are_more_than_a_hundred_cases() -> None:
    assert len(REFUSED) + len(WORKS) > 200


def test_a_pipe_is_read_to_its_end(run_makemore: Runner) -> None:
    os.mkfifo("x.txt")
    writer = threading.Thread(target=Path("x.txt").write_text, args=(NAMES,))
    writer.start()
    result = run_makemore(*words(T))
    writer.join()
    assert (result.exit_code, "45 documents" in result.stdout) == (0, True)


@pytest.mark.parametrize("gzipped", [False, True])
def test_what_never_ends_is_read_no_further_than_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gzipped: bool
) -> None:
    monkeypatch.setattr("makemore.corpus.sources.MOST_BYTES", 2**21)
    path = tmp_path / "x"
    if gzipped:
        path.write_bytes(gzip.compress(b"a" * 2**22))
    else:
        path = Path("-")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"anna\n" * 2**20)))
    with pytest.raises(UserError, match=r"gives more than 0\.00195312 GiB: does it end"):
        read_documents(path)


def test_a_line_that_never_ends_is_scored_no_further_than_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makemore.corpus.reader.LONGEST", 100)
    path = write_file(tmp_path / "x", "anna\n" + "a" * 200)
    documents = stream_documents(path)
    assert next(documents) == "anna"
    with pytest.raises(UserError, match="document of more than 100 characters"):
        next(documents)


def test_a_file_is_read_as_it_was_when_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(tmp_path / "x", NAMES)
    fstat = os.fstat

    def and_grow(descriptor: int) -> os.stat_result:
        found = fstat(descriptor)
        with path.open("a") as file:
            file.write("late\n")
        return found

    monkeypatch.setattr("makemore.corpus.sources.os.fstat", and_grow)
    assert read_bytes(path).decode() in (NAMES, f"{NAMES}late\n")


def test_as_many_samples_as_no_one_can_count_come_one_by_one(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained)
    lines, text = makemore.load("lines"), makemore.load("text")
    assert len([*islice(lines.draw(10**20), 3)]) == 3
    assert len([*islice(text.draw(10**18), 3)]) == 3
    assert len([*islice(text.stream(10**18), 3)]) == 3


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        ("sample", "a smaller -n or --max-length"),
        ("evaluate", "fewer --samples"),
        ("train", "a smaller model or --batch-size, or --grad-accumulation 4"),
    ],
)
def test_each_command_advises_against_too_little_memory_what_it_has(
    capsys: pytest.CaptureFixture[str], command: str, advice: str
) -> None:
    def full() -> None:
        raise MemoryError

    full.__name__ = command
    with pytest.raises(typer.Exit):
        reports_errors(full)()
    assert f"not enough memory for this: try {advice}" in capsys.readouterr().err


def forbidding(look: Callable[[Path], bool]) -> Callable[[Path], bool]:
    def at(path: Path) -> bool:
        if path.parent.name == "zzz":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    return at


def test_a_folder_that_can_t_be_looked_into_hides_no_run(
    prepared: Path, run_makemore: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may look everywhere, so the test plays another user."""
    monkeypatch.chdir(prepared)
    Path("runs/zzz").mkdir()
    for name in ("exists", "is_file"):
        monkeypatch.setattr(Path, name, forbidding(getattr(Path, name)))
    for command in (["sample"], ["eval"], ["runs"], ["train", "--resume", "--out", "runs/mlp"]):
        result = run_makemore(*command)
        assert "Permission denied" not in result.stderr
        assert result.exit_code == (1 if "--resume" in command else 0)


# id, what stands before the command in a shell, command, exit status, what is shown on stderr
ENVIRONMENT = [
    ("no home", "unset HOME;", "train --model bigram", 0, ""),
    ("an ASCII locale", "export LC_ALL=C PYTHONUTF8=0;", "runs", 0, ""),
    ("no terminal", "exec </dev/null; export TERM=;", "runs", 0, ""),
    ("a column wide", "export COLUMNS=1;", "sample -n 0", 2, "'-n' / '--num-samples'"),
    ("no colours", "export NO_COLOR=1 FORCE_COLOR=1;", "runs", 0, ""),
    ("closed standard input", "exec <&-;", "runs", 0, ""),
    ("closed standard error", "exec 2>&-;", "runs nowhere", 1, ""),
    ("a file named runs", "rm -r runs; echo a >runs;", "train", 1, "choose another --out"),
    ("a file to list", "rm -r runs; echo a >runs;", "runs", 1, "Can't read runs: Not a directory"),
    ("a file to choose from", "rm -r runs; echo a >runs;", "sample", 1, "no run under runs/ yet"),
    ("no writing anywhere", "", "train --model bigram", 1, "denied; choose another --out"),
    ("reading alone", "", "sample --run runs/names", 0, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "command", "status", "sentence"),
    [pytest.param(*case[1:], id=case[0]) for case in ENVIRONMENT],
)
def test_whatever_is_around_it_a_command_works_or_says_why(
    trained: Path, tmp_path: Path, before: str, command: str, status: int, sentence: str
) -> None:
    """Where nothing may be written, root gives up its right to do so all the same."""
    as_others: list[str] = []
    if os.geteuid() == 0 and not before:
        as_others = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to change that")
    here = tmp_path / "w"
    shutil.copytree(trained, here)
    for folder in (here, here / "runs"):
        folder.chmod(0o755 if before else 0o555)
    done = subprocess.run(
        [*as_others, "sh", "-c", f"{before} exec {shlex.join(PYTHON)} {command}"],
        cwd=here,
        env={k: v for k, v in os.environ.items() if k != "FORCE_COLOR"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    for folder in (here, here / "runs"):
        if folder.is_dir():
            folder.chmod(0o755)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1
    if "NO_COLOR" in before:
        assert "\x1b[3" not in done.stdout
