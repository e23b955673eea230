"""Convolutions and pooling, by PyTorch in float64."""
import numpy as np
import torch
import torch.nn.functional as F
from cases import Cases, f32, rng

r = rng(12)
cases = Cases("lax-conv", f"torch {torch.__version__}")


def normal(*shape):
    return f32(r.standard_normal(shape))


def by_torch(f):
    return lambda *xs: f(*[torch.from_numpy(np.ascontiguousarray(x)) for x in xs]).numpy()


def add(key, f, *args):
    cases.add(key, by_torch(f), *args)


CONVS = [F.conv1d, F.conv2d, F.conv3d]


def last(x):
    """Channels behind the spatial axes."""
    return torch.movedim(x, 1, -1)


def first(x):
    return torch.movedim(x, -1, 1)


def kernel(w):
    """HWIO as OIHW."""
    return torch.movedim(w, (-1, -2), (0, 1))


x1, x2, x3 = normal(2, 3, 7), normal(2, 3, 6, 5), normal(1, 2, 4, 3, 5)
add("conv 1", lambda x, w: F.conv1d(x, w, stride=2), x1, normal(4, 3, 3))
add("conv 2", lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(1, 2)), x2, normal(4, 3, 3, 2))
add("conv 3", lambda x, w: F.conv3d(x, w, padding=(1, 0, 1)), x3, normal(2, 2, 2, 2, 3))
add("conv same", lambda x, w: F.conv2d(x, w, padding="same"), x2, normal(4, 3, 3, 2))
add("conv dilated", lambda x, w: F.conv2d(x, w, dilation=(2, 3), padding=(1, 3)), x2, normal(4, 3, 3, 2))
add("conv grouped", lambda x, w: F.conv2d(x, w, groups=2, padding=1), normal(2, 8, 4, 4), normal(8, 4, 3, 3))
add("conv depthwise", lambda x, w: F.conv2d(x, w, groups=3, padding=1), x2, normal(6, 1, 3, 3))
add(
    "conv batch groups",
    lambda x, w: torch.cat([F.conv1d(x[:2], w[:2]), F.conv1d(x[2:], w[2:])], 1),
    normal(4, 3, 5),
    normal(4, 3, 2),
)
add(
    "conv NHWC",
    lambda x, w: last(F.conv2d(first(x), kernel(w), padding=1)),
    normal(2, 4, 5, 3),
    normal(3, 3, 3, 2),
)
# A transposed convolution of PyTorch pulls back: its kernel is [in, out, ...], turned round.
add(
    "conv_transpose VALID",
    lambda x, w: last(F.conv_transpose2d(first(x), torch.movedim(w, (-2, -1), (0, 1)).flip(2, 3), stride=2)),
    normal(1, 3, 4, 2),
    normal(3, 3, 2, 5),
)
add(
    "conv_transpose SAME",
    lambda x, w: last(
        F.conv_transpose2d(first(x), torch.movedim(w, (-2, -1), (0, 1)).flip(2, 3), stride=2)[:, :, :-1, :-1]
    ),
    normal(1, 3, 4, 2),
    normal(3, 3, 2, 5),
)
add(
    "conv_transpose of the kernel",
    lambda x, w: last(F.conv_transpose1d(first(x), torch.movedim(w, (-1, -2), (0, 1)), stride=3)),
    normal(2, 3, 4),
    normal(4, 5, 4),
)
add(
    "patches",
    lambda x: F.unfold(x, (2, 3), stride=(2, 1), padding=(1, 0)).reshape(2, 18, 4, 3),
    x2,
)

pool = normal(2, 5, 6, 3)
add("max_pool", lambda x: last(F.max_pool2d(first(x), (2, 3), (2, 1))), pool)
add("max_pool padded", lambda x: last(F.max_pool2d(first(x), 3, 2, padding=1)), pool)
add("max_pool dilated", lambda x: F.max_pool1d(x, 2, 1, dilation=3), normal(2, 3, 7))
add("min_pool", lambda x: last(-F.max_pool2d(-first(x), 2, 2)), pool)
add("avg_pool", lambda x: last(F.avg_pool2d(first(x), (2, 3), (1, 2))), pool)
add("avg_pool padded", lambda x: last(F.avg_pool2d(first(x), 3, 2, padding=1)), pool)
add("avg_pool of elements", lambda x: last(F.avg_pool2d(first(x), 3, 2, padding=1, count_include_pad=False)), pool)
add("sums", lambda x: F.avg_pool1d(x, 3, 2) * 3, normal(2, 3, 8))
add("products", lambda x: x.unfold(2, 2, 1).prod(3), normal(2, 3, 5))


def pull(x, ct):
    x = x.clone().requires_grad_()
    (F.max_pool2d(x, 2, 1) * ct).sum().backward()
    return x.grad


# Among equal elements the first has the whole gradient.
add("max_pool gradient with ties", pull, f32(r.integers(0, 2, (1, 2, 4, 5))), normal(1, 2, 3, 4))

cases.write("2026-11-24")
