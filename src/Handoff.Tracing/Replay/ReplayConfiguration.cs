using System.Collections.Immutable;
using Handoff.Kernels;

namespace Handoff.Tracing.Replay;

/// <summary>A machine on which a load is tried out: what differs from the recorded one.</summary>
public sealed record ReplayConfiguration
{
    /// <summary>Which kernel; <see langword="null"/> for the recorded one.</summary>
    public KernelProfile? Kernel { get; init; }

    /// <summary>Size of the default pool in slots, as asked for on the command line; <see langword="null"/> for the recorded size.</summary>
    public uint? Slots { get; init; }

    /// <summary>Whether the kernel sizes the pool itself, as without <c>swiotlb=</c>; <see cref="Slots"/> is not used then.</summary>
    public bool DefaultSize { get; init; }

    /// <summary>Areas as asked for; <see langword="null"/> for the recorded number.</summary>
    public int? Areas { get; init; }

    /// <summary>Which mappings bounce.</summary>
    public BounceMode Bounce { get; init; }

    /// <summary>Streaming masks of devices by name, for the whole replay.</summary>
    public ImmutableSortedDictionary<string, ulong> Masks { get; init; } = ImmutableSortedDictionary<string, ulong>.Empty;

    /// <summary>Sizes of restricted pools in bytes, by name; they keep their beginnings.</summary>
    public ImmutableSortedDictionary<string, ulong> Regions { get; init; } = ImmutableSortedDictionary<string, ulong>.Empty;

    /// <summary>The recorded machine itself.</summary>
    public static ReplayConfiguration AsRecorded { get; } = new();

    /// <summary>Whether this is the recorded machine in every respect.</summary>
    public bool IsRecorded => this is { Kernel: null, Slots: null, DefaultSize: false, Areas: null, Bounce: BounceMode.AsRecorded, Masks.IsEmpty: true, Regions.IsEmpty: true };
}
