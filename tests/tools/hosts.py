"""Hosts as they may be written in an address: the same one otherwise, one beside it, or none.

Whoever chooses an address chooses how its host is spelled, and clients look up more than the plain
form. engine/post/README.md says which host each of these is.
"""
import unicodedata

# In letters and in punycode, which are two hosts to rules; and some that case or width takes apart.
FOREIGN = ['exämple.de', 'xn--exmple-cua.de', 'straße.example', 'кисан.example', '日本.example']
PLAIN = ['m.example', 'Social.Example.org', 'sub.example.com', 'fire.stream.example']
# What rules name: each of the above, or a domain above it.
NAMED = ['m.example', 'example.org', 'example.com', 'stream.example', 'exämple.de',
         'xn--exmple-cua.de', 'strasse.example', 'straße.example', 'кисан.example', '日本.example']
DOTS = '。．｡'
IGNORED = '\u00ad\u200b\u2060\ufe0f'
# Letters that NFKC_Casefold makes plain ones of, beside those of full width.
COMPATIBLE = {'fi': 'ﬁ', 'st': 'ﬆ', 's': 'ſ', 'k': 'K', 'm': 'ⓜ', 'e': 'ℯ', 'x': 'ⅹ', 'o': 'ℴ',
              'c': 'ⅽ', 'd': 'ⅆ', 'l': '𝐥', 'a': '𝖆', 'r': 'ʳ'}
BROKEN = ['%', '%2', '%zz', '%00', '%20', '%25', '%2f', '%40', '%3a', '%ff', '%c3', '\\', ' ', '\t',
          '\u0000', '"', '<', '|', '^', '..', ':', '@', '[', '\u3002\u3002', '＠', '％6d', '：80', '／',
          '？', '＃']
BESIDE = ['[::1]:80', '[2001:db8::1]', '[', '127.0.0.1', '127.0.0.1:80', '', '.', '..', '%2e', '。', ':',
          ':443', '@', 'a@', '@:80', '\u200b', 'localhost']


def encoded(rng, text, share):
    """Some of its bytes as %xx."""
    return ''.join(''.join(f'%{b:{rng.choice("xX")}}' if b > 15 else f'%0{b:x}' for b in c.encode())
                   if rng.random() < share else c for c in text)


def wide(rng, text, share):
    return ''.join(rng.choice(DOTS) if c == '.' and rng.random() < share else
                   chr(ord(c) + 0xFEE0) if '!' < c <= '~' and c not in '.@:%' and rng.random() < share
                   else c for c in text)


def compatible(rng, text):
    for plain, other in COMPATIBLE.items():
        if rng.random() < 0.4:
            text = text.replace(plain, other)
    return text


def inserted(rng, text, what):
    at = rng.randrange(len(text) + 1)
    return text[:at] + what + text[at:]


def ported(rng, text):
    return text + rng.choice([':443', ':443', ':80', ':80', ':', ':8443', ':0443', ':443:443', ':x'])


def named_before(rng, text):
    return rng.choice(['good.example', 'a', 'a:b', 'm.example:443', 'a@b', '', 'm.example%40',
                       'm%2eexample']) + '@' + text


def spelled(rng, host):
    """The host by one way of spelling, or several, one upon the other."""
    kinds = rng.sample(range(12), rng.choice([1, 1, 1, 2, 3]))
    for kind in sorted(kinds):  # ports and users are the last, or they would be letters
        if kind == 0:
            host = rng.choice([host.upper(), host.title(), host.swapcase()])
        elif kind == 1:
            host = wide(rng, host, rng.choice([0.1, 0.5, 1]))
        elif kind == 2:
            host = compatible(rng, host)
        elif kind == 3:
            host = unicodedata.normalize(rng.choice(['NFD', 'NFKD']), host)
        elif kind == 4:
            host = inserted(rng, host, rng.choice(IGNORED))
        elif kind == 5:
            host = rng.choice(['', 'www.', 'a.b.', 'not', '.']) + host
        elif kind == 6:
            host += rng.choice(['.', '.', '..', '%2e', '%2E'] + list(DOTS))
        elif kind == 7 and rng.random() < 0.3:
            host = inserted(rng, host, rng.choice(BROKEN))
        elif kind in (8, 9):
            host = encoded(rng, host, rng.choice([0.1, 0.3, 1]))
        elif kind == 10:
            host = ported(rng, host)
        elif kind == 11:
            host = named_before(rng, host)
    return host


def written(rng, host, share=0.4):
    """As it is, mostly."""
    if rng.random() >= share:
        return host
    return rng.choice(BESIDE) if rng.random() < 0.08 else spelled(rng, host)


def any_host(rng):
    return rng.choice(PLAIN + FOREIGN)
