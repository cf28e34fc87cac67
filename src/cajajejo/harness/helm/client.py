"""The model on disk behind HELM's client interface: loaded once, before the first request, and never retried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import helm.clients.huggingface_client as helm_client
from helm.clients.huggingface_client import HuggingFaceClient, HuggingFaceServerFactory
from helm.common import cache as helm_cache
from helm.common.cache import Cache, CacheConfig
from helm.common.request import ErrorFlags, Request, RequestResult
from helm.tokenizers.tokenizer import Tokenizer
from transformers import AutoModelForCausalLM

__all__ = ["FolderClient", "NotAnsweredError"]

NOT_ANSWERED = "has not been answered yet"
ENGINE = "local/folder"
"""One name for the model, whatever entries call it: it is loaded once, and its answers are shared between names."""


FATAL = ("out of memory", "CUDA error", "CUDA driver", "No space left", NOT_ANSWERED)
"""Words in the error of a request that say that the next one will fail as well."""


class NotAnsweredError(Exception):
    """Scoring alone was asked for, but a request has not been answered yet."""


class CompleteModel:
    """Stands in for `AutoModelForCausalLM`: refuses a model whose weights do not fill it.

    Transformers fills what is missing with random numbers and only warns; scores of such a model mean nothing.
    """

    @staticmethod
    def from_pretrained(path: str, **kwargs: Any) -> Any:
        """Loads the model.

        Raises:
            ValueError: Weights are missing or have the wrong shape.
        """
        model, info = AutoModelForCausalLM.from_pretrained(path, output_loading_info=True, **kwargs)
        missing = sorted(str(key) for key in info.get("missing_keys", ()))
        wrong = sorted(str(key) for key in info.get("mismatched_keys", ()))
        for keys, problem in ((missing, "are missing from the weights"), (wrong, "have the wrong shape")):
            if keys:
                raise ValueError(f"{len(keys)} tensors {problem}, for example {keys[0]}")
        return model


helm_client.AutoModelForCausalLM = CompleteModel


class AnswersOnly(Cache):  # type: ignore[misc]
    """A request cache that never computes."""

    def get(self, request: Mapping[str, Any], compute: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
        """Returns what was answered before.

        Raises:
            NotAnsweredError: Nothing was.
        """
        del compute
        with helm_cache.create_key_value_store(self.config) as answers:
            response = answers.get(request)
        if not response:
            raise NotAnsweredError(f"this request {NOT_ANSWERED}; run the inference phase first")
        return response, True


class FolderClient(HuggingFaceClient):  # type: ignore[misc]
    """HELM's Hugging Face client for one model folder.

    The parameters are spelled out because HELM injects them by name.
    """

    def __init__(
        self,
        cache_config: CacheConfig,
        tokenizer: Tokenizer,
        pretrained_model_name_or_path: str | None = None,
        end_of_text_token: str | None = None,
        apply_chat_template: bool | None = None,
        answers_only: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            cache_config,
            tokenizer,
            pretrained_model_name_or_path,
            end_of_text_token,
            apply_chat_template,
            **kwargs,
        )
        if answers_only:
            self.cache = AnswersOnly(cache_config)

    def load(self) -> Any:
        """Loads the model now, rather than at the first request. Returns HELM's server object.

        Raises:
            Exception: Whatever transformers raises for a model that cannot be loaded.
        """
        return HuggingFaceServerFactory.get_server(
            helm_model_name=ENGINE,
            pretrained_model_name_or_path=self._pretrained_model_name_or_path,
            wrapped_tokenizer=self._wrapped_tokenizer,
            **self._kwargs,
        )

    def make_request(self, request: Request) -> RequestResult:
        """Answers a request. A failure is final: in this process, trying again would give the same.

        One that is about the request (a prompt that is too long) costs its sample; one about the machine, the entry.
        """
        result = super().make_request(replace(request, model=ENGINE))
        if not result.success and result.error_flags is None:
            fatal = any(words in str(result.error) for words in FATAL)
            result.error_flags = ErrorFlags(is_retriable=False, is_fatal=fatal)
        return result
