"""Big Transfer (BiT): ResNet-v2 with group normalisation and weight-standardised convolutions.

Architecture: Kolesnikov et al., "Big Transfer (BiT): General Visual Representation Learning",
https://arxiv.org/abs/1912.11370, in the variant MindCV trained (projection shortcut on the
pre-activated input, 1x1 convolution as head). Weight standardisation: Qiao et al.,
https://arxiv.org/abs/1903.10520.

Importing this module imports MindSpore: reach it through `hubtool.network.bit.family`.
"""

from collections.abc import Callable

from mindspore import Tensor, nn, ops

from hubtool.network.bit.spec import EXPANSION, NORM_EPSILON, NORM_GROUPS, WS_EPSILON, options_of
from hubtool.network.spec import ModelSpec


class StandardisedConv2d(nn.Conv2d):
    """Convolution whose kernel is shifted and scaled to zero mean and unit variance per output channel.

    The variance is the biased one, and epsilon stands inside the root:
    ``w' = (w - mean(w)) / sqrt(var(w) + 1e-10)``, both over (in, kh, kw).
    """

    def construct(self, x: Tensor) -> Tensor:
        weight = self.weight
        centred = weight - weight.mean((1, 2, 3), keep_dims=True)
        variance = (centred * centred).mean((1, 2, 3), keep_dims=True)
        return self.conv2d(x, centred / ops.sqrt(variance + WS_EPSILON))


Norm = Callable[[int], nn.GroupNorm]


def group_norm(channels: int) -> nn.GroupNorm:
    """Group normalisation as every BiT uses it: 32 groups, epsilon 1e-5."""
    return nn.GroupNorm(NORM_GROUPS, channels, eps=NORM_EPSILON)


class InferenceGroupNorm(nn.GroupNorm):
    """The same normalisation as two sums and one affine map, which oneDNN computes: (N, C, H, W) -> (N, C, H, W).

    Twice as fast as `nn.GroupNorm` on CPU, in compiled graphs only. The variance is the mean square minus the
    squared mean, so it loses digits where a mean is far larger than its deviation; activations of a network are not.
    """

    def __init__(self, channels: int):
        super().__init__(NORM_GROUPS, channels, eps=NORM_EPSILON)
        self.affine = ops.BatchNorm(is_training=False, epsilon=NORM_EPSILON)
        self.per_group = channels // NORM_GROUPS

    def construct(self, x: Tensor) -> Tensor:
        count, channels, height, width = x.shape
        groups = ops.reshape(x, (count * NORM_GROUPS, -1))
        mean = groups.mean(1, keep_dims=True)
        variance = (groups * groups).mean(1, keep_dims=True) - mean * mean
        # One image whose channels are those of all images: what normalises a batch by channel does the rest.
        y, *_ = self.affine(
            ops.reshape(x, (1, count * channels, height, width)),
            ops.tile(self.gamma, (count,)),
            ops.tile(self.beta, (count,)),
            ops.reshape(ops.tile(mean, (1, self.per_group)), (-1,)),
            ops.reshape(ops.tile(variance, (1, self.per_group)), (-1,)),
        )
        return ops.reshape(y, (count, channels, height, width))


def conv1x1(convolution: type[nn.Conv2d], channels: int, out: int, stride: int = 1) -> nn.Conv2d:
    """A 1x1 convolution without bias; NCHW in, NCHW out."""
    return convolution(channels, out, kernel_size=1, stride=stride, pad_mode="valid")


def conv3x3(convolution: type[nn.Conv2d], channels: int, out: int, stride: int = 1) -> nn.Conv2d:
    """A 3x3 convolution without bias, padded by one pixel on each side."""
    return convolution(channels, out, kernel_size=3, stride=stride, pad_mode="pad", padding=1)


class PreActBottleneck(nn.Cell):
    """Norm and ReLU before each of the three convolutions; (N, C, H, W) -> (N, 4*width, H/stride, W/stride)."""

    def __init__(self, convolution: type[nn.Conv2d], norm: Norm, channels: int, width: int, stride: int):
        super().__init__()
        out = width * EXPANSION
        self.gn1 = norm(channels)
        self.conv1 = conv1x1(convolution, channels, width)
        self.gn2 = norm(width)
        self.conv2 = conv3x3(convolution, width, width, stride)
        self.gn3 = norm(width)
        self.conv3 = conv1x1(convolution, width, out)
        self.relu = nn.ReLU()
        self.down_sample = None
        if stride != 1 or channels != out:
            # A sequence of one, because published checkpoints name its kernel `down_sample.0.weight`.
            self.down_sample = nn.SequentialCell([conv1x1(convolution, channels, out, stride)])

    def construct(self, x: Tensor) -> Tensor:
        activated = self.relu(self.gn1(x))
        shortcut = x if self.down_sample is None else self.down_sample(activated)
        residual = self.conv1(activated)
        residual = self.conv2(self.relu(self.gn2(residual)))
        residual = self.conv3(self.relu(self.gn3(residual)))
        return residual + shortcut


class BiT(nn.Cell):
    """The network: images (N, in_channels, H, W) float32 -> logits (N, num_classes) float32.

    Parameters
    ----------
    spec
        Of a BiT network.
    convolution
        `StandardisedConv2d` for training and for weights as published; plain `mindspore.nn.Conv2d`
        for weights that went through `hubtool.network.bit.fold.fold_weight_standardisation`.
    norm
        `group_norm`, or `InferenceGroupNorm` for networks that are compiled and not trained.
    """

    def __init__(self, spec: ModelSpec, convolution: type[nn.Conv2d] = StandardisedConv2d, norm: Norm = group_norm):
        super().__init__()
        units_per_stage, width = options_of(spec).units, options_of(spec).width
        self.conv1 = convolution(spec.in_channels, width, kernel_size=7, stride=2, pad_mode="pad", padding=3)
        # Zeros, not MindSpore's minus infinity, border the pooled map: padding and pooling are two steps.
        self.pad = nn.ConstantPad2d(1, 0)
        self.max_pool = nn.MaxPool2d(kernel_size=3, stride=2, pad_mode="valid")
        channels = width
        for stage, units in enumerate(units_per_stage):
            blocks = []
            for unit in range(units):
                stride = 2 if stage > 0 and unit == 0 else 1
                blocks.append(PreActBottleneck(convolution, norm, channels, width * 2**stage, stride))
                channels = width * 2**stage * EXPANSION
            setattr(self, f"layer{stage + 1}", nn.SequentialCell(blocks))
        self.stages = [f"layer{stage + 1}" for stage in range(len(units_per_stage))]
        self.gn = norm(channels)
        self.relu = nn.ReLU()
        self.classifier = nn.Conv2d(channels, spec.num_classes, kernel_size=1, has_bias=True)

    def features(self, x: Tensor) -> Tensor:
        """Pre-activation feature map (N, 4*width*2^(stages-1), h, w) that the head normalises and pools."""
        x = self.max_pool(self.pad(self.conv1(x)))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return x

    def construct(self, x: Tensor) -> Tensor:
        x = self.relu(self.gn(self.features(x)))
        x = self.classifier(x.mean((2, 3), keep_dims=True))
        return ops.reshape(x, (x.shape[0], -1))
