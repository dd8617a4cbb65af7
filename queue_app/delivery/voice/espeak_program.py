"""A program of its own: reads a text, writes it spoken by espeak-ng.

    python espeak_program.py LANGUAGE < TEXT > SOUND.wav

Words in double brackets are phonemes. A word with an accent (U+0301) behind a vowel is said with
the stress there, which espeak-ng does not do by itself: it knows the sounds of a Ukrainian word,
and guesses its stress. It ends with 3 where espeak-ng has not the language. It is the only file
that loads espeak-ng, and nothing of the product imports it: a fault in the library ends this
process alone, and the licence of the library (GPL-3) reaches no further.
"""

import ctypes
import io
import re
import sys
import wave

import espeakng_loader  # type: ignore[import-untyped]

NO_SUCH_LANGUAGE = 3
_SYNCHRONOUS = 2
_UTF8, _PHONEMES = 1, 0x100
_RATE, _WORDS_A_MINUTE = 1, 195
_ACCENT = "\u0301"
_ACCENTED = re.compile(
    rf"[^\W\d_](?:[^\W\d_]|[’'](?=[^\W\d_]))*{_ACCENT}(?:[^\W\d_]|[’'](?=[^\W\d_]))*"
)
_VOWELS = "аеєиіїоуюя"
_VOWEL = re.compile("i:|I2|[aEIou@]")
"""A vowel among the mnemonics of espeak-ng's Ukrainian; some only where there is no stress."""
_UNREDUCED = {"I2": "E", "@": "E"}
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def main() -> int:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate <= 0:
        return 1
    if library.espeak_SetVoiceByName(sys.argv[1].lower().encode()):
        return NO_SUCH_LANGUAGE
    text = sys.stdin.buffer.read().decode(errors="replace")
    said = _ACCENTED.sub(lambda found: _stressed(library, found[0]), text)
    samples = _spoken(library, said.encode())
    sys.stdout.buffer.write(_as_wave(samples, rate))
    return 0


def _stressed(library: ctypes.CDLL, word: str) -> str:
    """The sounds of a word with its stress where it is written; as espeak-ng stresses it where
    these do not fit one another."""
    before, _, after = word.partition(_ACCENT)
    sounds = _sounds_of(library, before + after).translate({ord(sign): None for sign in "',"})
    vowels = list(_VOWEL.finditer(sounds))
    written = [letter for letter in (before + after).casefold() if letter in _VOWELS]
    place = sum(letter in _VOWELS for letter in before.casefold())
    if len(vowels) != len(written) or not place:
        return before + after
    vowel = vowels[place - 1]
    full = _UNREDUCED.get(vowel[0], vowel[0])
    return f"[[{sounds[: vowel.start()]}'{full}{sounds[vowel.end() :]}]]"


def _sounds_of(library: ctypes.CDLL, word: str) -> str:
    """In espeak-ng's mnemonics."""
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    text = ctypes.cast(ctypes.c_char_p(word.encode()), ctypes.c_void_p)
    found = library.espeak_TextToPhonemes(ctypes.byref(text), _UTF8, 0)
    return found.decode(errors="replace") if found else ""


def _spoken(library: ctypes.CDLL, text: bytes) -> bytes:
    """16-bit samples of one channel."""
    found = bytearray()

    def take(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: object) -> int:
        if samples and count:
            found.extend(ctypes.string_at(samples, count * 2))
        return 0

    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetParameter(_RATE, _WORDS_A_MINUTE, 0)
    size = ctypes.c_size_t(len(text) + 1)
    library.espeak_Synth(text + b"\0", size, 0, 0, 0, _UTF8 | _PHONEMES, None, None)
    library.espeak_Synchronize()
    return bytes(found)


def _as_wave(samples: bytes, rate: int) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return content.getvalue()


if __name__ == "__main__":
    sys.exit(main())
