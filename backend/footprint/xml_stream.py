"""XML from anybody, read as it comes: no tree is built, no DTD or entity taken, and every dimension has a bound.

`defusedxml` refuses document types, entities and external references; what is counted here is what it leaves open:
bytes, depth, elements, distinct names, and how much may arrive without any event (one endless token).
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from backend.kernel.errors import InvalidInput

CHUNK_BYTES = 64 * 1024
DEPTH_LIMIT = 32
ELEMENTS_LIMIT = 2_000_000
NAMES_LIMIT = 500
"""Distinct element, attribute and namespace names in a file."""
TEXT_LIMIT = 4_096
"""Characters kept of one element's text; no number or time is longer."""
TOKEN_LIMIT = 4 * CHUNK_BYTES
"""Bytes without an event: a longer token is no part of any file we read, and expat would scan it again and again."""


class XmlMalformed(InvalidInput):
    """Not well-formed XML: cut off in the middle, or not XML at all."""

    code = "xml.malformed"

    def __init__(self, why: str, line: int) -> None:
        super().__init__(f"line {line}: the file is no whole XML document: {why}", line=line, why=why)


class XmlForbidden(InvalidInput):
    """A document type, an entity or an external reference: none is needed, and all can be bombs."""

    code = "xml.forbidden"

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}: the file declares a document type or an entity; leave it out", line=line)


class XmlTooLarge(InvalidInput):
    """More bytes than are read of such a file."""

    code = "xml.too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"the file is larger than {limit_bytes} bytes; give a shorter period", limit_bytes=limit_bytes)


class XmlTooComplex(InvalidInput):
    """Deeper, with more elements or names, or with longer tokens than any real file of its kind."""

    code = "xml.too_complex"

    def __init__(self, what: str, limit: int, line: int) -> None:
        super().__init__(f"line {line}: more than {limit} {what}", what=what, limit=limit, line=line)


class XmlNamespaceWrong(InvalidInput):
    """The elements are not of the format that the file is said to be in."""

    code = "xml.namespace_wrong"

    def __init__(self, found: str, expected: str, line: int) -> None:
        super().__init__(
            f"line {line}: found {found[:120]!r}, expected {expected}", found=found[:120], expected=expected, line=line
        )


class Handler(Protocol):
    """What hears the elements. Names are in Clark notation: `{namespace}name`. `line` is of the file, from 1."""

    def start(self, tag: str, attributes: Mapping[str, str], line: int) -> None:
        """An element begins."""
        ...

    def end(self, tag: str, text: str, line: int) -> None:
        """An element ends; `text` is what stood in it after its last child, without spaces around."""
        ...


def split_name(tag: str) -> tuple[str, str]:
    """Namespace and local name of a Clark name; the namespace is empty if there is none."""
    namespace, brace, name = tag.removeprefix("{").partition("}")
    return (namespace, name) if brace else ("", tag)


class _Target:
    """Counts, and passes elements on."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.line = 1
        self.heard = False
        self.depth = self.elements = self.kept = self.prefixes = 0
        self.names: set[str] = set()
        self.parts: list[str] = []
        self.stream: XmlStream

    def _count(self, what: str, number: int, limit: int) -> None:
        if number > limit:
            raise XmlTooComplex(what, limit, self.line)

    def start_ns(self, _prefix: str, _uri: str) -> None:
        self.heard = True
        self.prefixes += 1
        self._count("namespace declarations", self.prefixes, ELEMENTS_LIMIT // 10)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.heard = True
        self.line = self.stream.line
        self.depth += 1
        self.elements += 1
        self._count("levels of elements", self.depth, DEPTH_LIMIT)
        self._count("elements", self.elements, ELEMENTS_LIMIT)
        self.names.add(tag)
        self.names.update(attributes)
        self._count("distinct names", len(self.names), NAMES_LIMIT)
        self.parts.clear()
        self.kept = 0
        self.handler.start(tag, attributes, self.line)

    def end(self, tag: str) -> None:
        self.heard = True
        self.line = self.stream.line
        self.depth -= 1
        text = "".join(self.parts).strip()
        self.parts.clear()
        self.kept = 0
        self.handler.end(tag, text, self.line)

    def data(self, text: str) -> None:
        self.heard = True
        if self.kept < TEXT_LIMIT:
            self.parts.append(text[: TEXT_LIMIT - self.kept])
            self.kept += len(self.parts[-1])

    def comment(self, _text: str) -> None:
        self.heard = True

    def pi(self, _target: str, _data: str) -> None:
        self.heard = True

    def close(self) -> None:
        pass


class XmlStream:
    """Feed it a file's bytes in any pieces, then close it; the handler hears the elements in between."""

    def __init__(self, handler: Handler, *, bytes_limit: int) -> None:
        self._target = _Target(handler)
        self._target.stream = self
        self._parser = XMLParser(target=self._target, forbid_dtd=True)
        self._bytes_limit = bytes_limit
        self._hash = sha256()
        self._silent = 0
        self.size_bytes = 0

    @property
    def line(self) -> int:
        """The line that is being read, from 1."""
        return int(self._parser.parser.CurrentLineNumber)

    @property
    def sha256(self) -> bytes:
        """Digest of the bytes fed so far."""
        return self._hash.digest()

    def feed(self, data: bytes) -> None:
        """Reads on. Raises XmlTooLarge, XmlMalformed, XmlForbidden, XmlTooComplex, and what the handler raises."""
        self.size_bytes += len(data)
        if self.size_bytes > self._bytes_limit:
            raise XmlTooLarge(self._bytes_limit)
        self._hash.update(data)
        for start in range(0, len(data), CHUNK_BYTES):
            chunk = data[start : start + CHUNK_BYTES]
            self._target.heard = False
            self._parse(chunk)
            self._silent = 0 if self._target.heard else self._silent + len(chunk)
            if self._silent > TOKEN_LIMIT:
                raise XmlTooComplex("bytes in one token", TOKEN_LIMIT, self.line)

    def close(self) -> None:
        """The file's end; raises XmlMalformed if it is cut off."""
        self._parse(None)

    def _parse(self, chunk: bytes | None) -> None:
        try:
            if chunk is None:
                self._parser.close()
            else:
                self._parser.feed(chunk)
        except DefusedXmlException as failure:
            raise XmlForbidden(self._target.line) from failure
        except ParseError as failure:
            raise XmlMalformed(str(failure).partition(":")[0], failure.position[0]) from failure
        except (ValueError, LookupError) as failure:  # an encoding that expat cannot be told
            raise XmlMalformed("its encoding is unknown; give UTF-8", self._target.line) from failure
