namespace Handoff.Conformance.Recordings.Replay;

/// <summary>A device of a trace.</summary>
/// <param name="device">The engine's device.</param>
/// <param name="isTranslated">Whether it is behind an IOMMU.</param>
/// <param name="isScheduled">Whether the probe's log says when its masks changed.</param>
internal sealed class ReplayedDevice(Device device, bool isTranslated, bool isScheduled)
{
    public Device Device { get; } = device;

    public bool IsTranslated { get; } = isTranslated;

    public bool IsScheduled { get; } = isScheduled;

    /// <summary>Whether the recording says what its mask is; otherwise it is learned from the first event that shows it.</summary>
    public bool IsMaskKnown { get; set; }

    /// <summary>Whether its driver sets other masks as it goes, which no event tells.</summary>
    public bool ChangesMask { get; init; }

    /// <summary>The same for the mask of coherent memory.</summary>
    public bool IsCoherentMaskKnown { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Device.Name;
}
