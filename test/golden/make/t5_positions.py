"""T5's buckets of relative positions, one distance at a time."""
import math


def bucket(distance, both_ways, buckets, far):
    """Of `distance` = position of the key minus that of the query."""
    base = 0
    if both_ways:
        buckets //= 2
        base = buckets if distance > 0 else 0
        back = abs(distance)
    else:
        back = max(0, -distance)
    near = buckets // 2
    if back < near:
        return base + back
    at = near + math.floor(math.log(back / near) / math.log(far / near) * (buckets - near) + 1e-9)
    return base + min(at, buckets - 1)
