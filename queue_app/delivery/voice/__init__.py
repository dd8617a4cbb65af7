"""Call-outs as sound: recordings, a piper model or espeak-ng, whichever is there first."""
