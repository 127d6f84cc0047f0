namespace Handoff.Tracing.Bundles;

/// <summary>Makes devices of recorded machines.</summary>
public static class RecordedDevice
{
    /// <summary>A device as firmware and its bus leave it, before its driver sets a mask. It has no restricted pool yet.</summary>
    /// <param name="facts">What is known of the machine.</param>
    /// <param name="name">Its name as in traces; damaged lines may have none.</param>
    /// <remarks>Kernel: <c>of_dma_configure_id()</c>: windows to memory narrow the default masks and give the bus its limit.</remarks>
    public static Device Make(MachineFacts facts, string name)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(name);
        var device = new Device(name.Length == 0 ? "?" : name)
        {
            SegmentBoundaryMask = MachineFacts.IsPci(name) ? 0xffff_ffff : ulong.MaxValue,
            BehindIommu = facts.TranslatedDevices.Contains(name),
        };
        device.Configure(facts.RangesOf(name), facts.IsCoherent(name));
        return device;
    }
}
