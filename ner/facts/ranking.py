"""The order in which facts are shown: the best supported first, but no group crowds out others."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from heapq import heapify, heapreplace
from typing import TypeVar

__all__ = ["in_turn"]

_Item = TypeVar("_Item")


def in_turn(
    items: Iterable[_Item],
    group: Callable[[_Item], Hashable],
    support: Callable[[_Item], float],
) -> list[_Item]:
    """Return items in the order in which D'Hondt's method gives seats to their groups.

    Next comes always the first item left of the group whose support, divided by one more than
    the items that the group has already, is highest: ten facts about a superconductor are not
    ten critical temperatures. Within a group, and among equals, the given order holds.

    Args:
        items: of each group, the best supported first.
        group: of an item.
        support: of an item.
    """
    queues: defaultdict[Hashable, list[tuple[int, _Item]]] = defaultdict(list)
    for position, item in enumerate(items):
        queues[group(item)].append((position, item))
    heap = [(-support(queue[0][1]), queue[0][0], 0, queue) for queue in queues.values()]
    heapify(heap)
    ordered: list[_Item] = []
    while heap:
        _, _, taken, queue = heap[0]
        ordered.append(queue[taken][1])
        taken += 1
        if taken < len(queue):
            position, item = queue[taken]
            heapreplace(heap, (-support(item) / (taken + 1), position, taken, queue))
        else:
            heap[0] = heap[-1]
            heap.pop()
            heapify(heap)
    return ordered
