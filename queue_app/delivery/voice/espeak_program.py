"""A program of its own: reads a text, writes it spoken by espeak-ng.

    python espeak_program.py LANGUAGE < TEXT > SOUND.wav

Words in double brackets are phonemes. It ends with 3 where espeak-ng has not the language. It is
the only file that loads espeak-ng, and nothing of the product imports it: a fault in the library
ends this process alone, and the licence of the library (GPL-3) reaches no further.
"""

import ctypes
import io
import sys
import wave

import espeakng_loader  # type: ignore[import-untyped]

NO_SUCH_LANGUAGE = 3
_SYNCHRONOUS = 2
_UTF8, _PHONEMES = 1, 0x100
_RATE, _WORDS_A_MINUTE = 1, 195
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
    samples = _spoken(library, sys.stdin.buffer.read())
    sys.stdout.buffer.write(_as_wave(samples, rate))
    return 0


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
