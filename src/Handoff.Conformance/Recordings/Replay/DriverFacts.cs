namespace Handoff.Conformance.Recordings.Replay;

/// <summary>What a driver sets on its device and nothing records.</summary>
internal static class DriverFacts
{
    /// <summary>The alignment mask that a driver sets. Kernel: <c>dma_set_min_align_mask()</c>.</summary>
    public static uint? MinAlignMaskOf(string? driver) => driver == "nvme" ? 0xfff : null;

    /// <summary>Whether a driver sets other masks while it works, and in the end the one that it found.</summary>
    public static bool ChangesMask(string? driver) => driver == "dma_map_benchmark";
}
