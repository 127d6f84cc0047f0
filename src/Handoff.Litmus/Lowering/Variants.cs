using Handoff.Litmus.Language;

namespace Handoff.Litmus.Lowering;

/// <summary>The machines that a test leaves open: coherent or not × in reach or not × forced bouncing or not × line size.</summary>
internal static class Variants
{
    public static IEnumerable<MachineVariant> Of(LitmusTest test)
    {
        bool canBeNonCoherent = test.Machine?.Architecture?.Value != Architecture.X86_64;
        foreach (bool coherent in Choices(Coherence(test, canBeNonCoherent)))
        {
            foreach (bool outOfReach in Choices(Reach(test)))
            {
                foreach (bool forced in Choices(Forced(test)))
                {
                    foreach (uint line in test.Machine?.Line is { } pinned ? [pinned.Value] : (uint[])[64, 128])
                        yield return new MachineVariant(coherent, outOfReach, forced, line);
                }
            }
        }
    }

    private static bool[] Choices(bool? pinned) => pinned is { } value ? [value] : [false, true];

    private static bool? Coherence(LitmusTest test, bool canBeNonCoherent) =>
        !canBeNonCoherent ? true
        : test.Devices.Any(d => d.Coherent is null) ? null
        : test.Devices.All(d => d.Coherent!.Value);

    /// <summary>Free only if some buffer may lie anywhere and some device cannot reach everything.</summary>
    private static bool? Reach(LitmusTest test)
    {
        bool anyNarrow = test.Devices.Any(d => d.DmaMask is null || d.DmaMask.Value <= uint.MaxValue);
        if (!anyNarrow || !HasHighMemory(test))
            return false;
        bool dma32Only = test.Buffers.All(b => b.Heap?.Value is HeapKind.SystemDma32 or HeapKind.SystemUncachedDma32 or HeapKind.Cma);
        if (test.Buffers.Length > 0 && dma32Only)
            return false;
        if (test.Buffers.Any(b => b.Placement is null or { Kind: PlacementKind.Beside }))
            return null;
        return test.Buffers.Any(b => b.Placement is { Kind: PlacementKind.Above } p && p.Address?.Value >= 1UL << 32
            || b.Placement is { Kind: PlacementKind.At } at && at.Address?.Value >= 1UL << 32 && b.Kind != BufferKind.Mmio
            || b.Placement is { Kind: PlacementKind.InZone, Zone.Value: MemoryZone.Normal });
    }

    private static bool HasHighMemory(LitmusTest test) =>
        test.Machine?.Ram?.Value is not { } ram
        || RamMap.Usual(test.Machine.Architecture?.Value ?? Architecture.Arm64, ram).End.Value > (1UL << 32);

    private static bool? Forced(LitmusTest test)
    {
        if (test.Machine?.Swiotlb is not null)
            return test.Machine.ForcesBounce;
        if (test.Devices.Any(d => d.RestrictedPool is not null))
            return true;
        if (test.Machine?.Encryption?.Value == MemoryEncryption.Guest)
            return test.Machine.Architecture?.Value == Architecture.X86_64; // on arm64 it depends on the kernel
        return test.Devices.Length > 0 && test.Devices.All(d => d.ForceBounce is not null) ? test.Devices.Any(d => d.ForceBounce!.Value) : null;
    }
}
