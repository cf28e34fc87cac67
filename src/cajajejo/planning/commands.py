"""Templates and parameters to what is executed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b

from cajajejo.config.sweep.command_template import CommandTemplate
from cajajejo.config.sweep.model import Expansion, canonical
from cajajejo.config.sweep.template_parts import Command, Hole, Quoting, Slot, Word
from cajajejo.errors import BadInputError
from cajajejo.planning.quoting import option_words, quoted, value_text

__all__ = ["CommandFiller"]


class CommandFiller:
    """Puts parameters into one template.

    Attributes:
        name: The template's name.
        fingerprint: Stands for the template and what its options become.
    """

    def __init__(self, template: CommandTemplate, options: Mapping[str, Expansion]) -> None:
        self.name = template.name
        used = {slot.param for slot in template.slots if slot.as_option}
        self._template = template
        self._raw_slots = tuple(slot for slot in template.slots if slot.raw)
        self._plain = None if self._raw_slots else template.command
        self._options = {param: options[param] for param in sorted(used & options.keys())}
        spelled = [[param, e.targets, e.cases] for param, e in self._options.items()]
        self.fingerprint = blake2b(canonical([template.text, spelled]).encode(), digest_size=8).hexdigest()
        self._with_raw = lru_cache(maxsize=256)(self._scan_raw)

    def argv(self, params: Mapping[str, object]) -> tuple[str, ...]:
        """Return what is executed for these parameters.

        Args:
            params: Values of all parameters that the template names.

        Raises:
            BadInputError: Nothing is left of the command, or a value cannot be put where the template wants it.
        """
        command = self._command(params)
        if command.words is None:
            return "sh", "-c", self._script(command.script, params)
        argv: list[str] = []
        for word in command.words:
            part = word[0]
            if len(word) == 1:
                # Nearly all words are one text, or one value.
                if isinstance(part, str):
                    argv.append(part)
                elif not part.slot.as_option:
                    argv.append(value_text(params[part.slot.param]))
                elif part.quoting is Quoting.NONE:
                    argv.extend(self._option(part.slot, params))
                else:
                    argv.append(" ".join(self._option(part.slot, params)))
            else:
                argv.append("".join(self._in_word(part, params) for part in word))
        if not argv or not argv[0]:
            raise BadInputError(
                f"nothing is left of the command {self.name} with these parameters", remedy="mend its template"
            )
        return tuple(argv)

    def _command(self, params: Mapping[str, object]) -> Command:
        return self._plain or self._with_raw(tuple(self._raw_text(slot, params) for slot in self._raw_slots))

    def _raw_text(self, slot: Slot, params: Mapping[str, object]) -> str:
        return " ".join(self._option(slot, params)) if slot.as_option else value_text(params[slot.param])

    def _scan_raw(self, texts: tuple[str, ...]) -> Command:
        command = self._template.with_raw(dict(zip(self._raw_slots, texts, strict=True)))
        if command.fault is not None:
            shown = ", ".join(map(repr, texts))
            raise BadInputError(f"the command {self.name} with {shown} put in raw: {command.fault}")
        return command

    def _option(self, slot: Slot, params: Mapping[str, object]) -> list[str]:
        value = params[slot.param]
        expansion = self._options.get(slot.param)
        if expansion is None:
            return list(option_words(slot.param, value))
        expanded = [option_words(param, one) for param, one in expansion.of(value).items()]
        # Flags come first, as they always did.
        return [word for words in sorted(expanded, key=lambda words: len(words) > 1) for word in words]

    def _in_word(self, part: str | Hole, params: Mapping[str, object]) -> str:
        if isinstance(part, str):
            return part
        return " ".join(self._option(part.slot, params)) if part.slot.as_option else value_text(params[part.slot.param])

    def _script(self, parts: Word, params: Mapping[str, object]) -> str:
        return "".join(part if isinstance(part, str) else self._in_script(part, params) for part in parts)

    def _in_script(self, hole: Hole, params: Mapping[str, object]) -> str:
        if not hole.slot.as_option:
            return quoted(value_text(params[hole.slot.param]), hole.quoting, guarded=hole.guarded)
        words = self._option(hole.slot, params)
        if hole.quoting in (Quoting.SINGLE, Quoting.DOUBLE):
            return quoted(" ".join(words), hole.quoting)
        return f" {' '.join(quoted(word, hole.quoting, guarded=hole.guarded) for word in words)} "
