"""Runs calls side by side in threads that never hold the end of the program.

What waits for a server that hangs is left behind when the caller stops, at Ctrl-C and at a
deadline; the executor of `concurrent.futures` would be waited for when the program ends.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Abreast(Executor):
    """An executor of daemon threads; as a context manager it waits for nobody when it fails.

    Args:
        threads: calls at the same time.
        name: what the threads are called.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._most = threads
        self._name = name
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = (
            queue.SimpleQueue()
        )
        self._threads: list[threading.Thread] = []
        self._waiting: set[Future[Any]] = set()

    def submit(
        self, call: Callable[..., _Result], /, *arguments: Any, **named: Any
    ) -> Future[_Result]:
        """Run a call in one of the threads."""
        future: Future[_Result] = Future()
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        self._calls.put((future, lambda: call(*arguments, **named)))
        if len(self._threads) < self._most:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `cancel_futures` those that have not begun are dropped."""
        if cancel_futures:
            for future in list(self._waiting):
                future.cancel()
        for _ in self._threads:
            self._calls.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(self, kind: object, *_: object) -> None:
        """Wait for the calls when all went well; otherwise leave them behind."""
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)

    def _run(self) -> None:
        while taken := self._calls.get():
            future, call = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
