using Handoff.Coherent;
using Handoff.Pages;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>Allocations for a device, and maps of registers.</summary>
/// <remarks>
/// Which pages an allocation gets is the page allocator's history. Judged are success, that the device reaches the memory, its alignment,
/// and where restricted or atomic pools decide, that it comes from there.
/// </remarks>
internal static class AllocCases
{
    private const ulong LargestNaturalAlignment = 1UL << 20; // memory from the contiguous area is aligned to no more

    public static void Judge(ProbeLog log, ProbeBench bench, ProbeState state, ProbeLine line)
    {
        Device device = bench.Device(line.Text("dev"));
        state.NeedMask(device, line.Number("mask"));
        if (line.Kind == "resource")
        {
            JudgeResource(log, bench, device, line);
            return;
        }

        if (line.Number("size") is not (> 0 and <= 1UL << 32 and { } size) || line.Number("ok") is not { } ok)
        {
            log.Explain([line], "the line is damaged");
            return;
        }

        DmaBuffer? made = Allocate(bench.Layer, device, line, size);
        bool same = (made is not null) == (ok != 0);
        if (same && made is not null && !IsPlausible(bench, device, line, made, size))
            log.Wrong(line, Text(line, device, size, made, bench));
        else if (same)
            log.Compare(line, Text(line, device, size, made, bench, line));
        else if (made is not null && made.Source is MemorySource.Pages or MemorySource.Contiguous or MemorySource.AtomicPool && bench.Machine.PageSize < size)
            log.Explain([line], "whether so large a block is free is the page allocator's history");
        else
            log.Wrong(line, Text(line, device, size, made, bench));
        Free(bench.Layer, device, line, made);
    }

    private static void JudgeResource(ProbeLog log, ProbeBench bench, Device device, ProbeLine line)
    {
        if (line.Hex("phys") is not { } physical)
        {
            log.Explain([line], "the line is damaged");
            return;
        }

        // The first of the two cases maps BIDIRECTIONAL, the second TO_DEVICE; it makes no difference to any kernel.
        DmaAddress dma = bench.Layer.MapResource(device, new(physical), 4096, DmaDirection.Bidirectional);
        log.Compare(
            line,
            $"resource n={line.Case} dev={device} mask={line.Text("mask")} phys={ProbeBench.Hex(physical)} dma={ProbeBench.Hex(dma.Value)} err={(int)bench.Layer.MappingError(device, dma)}");
    }

    private static DmaBuffer? Allocate(DmaLayer<RealMemory> layer, Device device, ProbeLine line, ulong size)
    {
        switch (line.Kind)
        {
            case "alloc":
                return layer.AllocAttrs(device, size, GfpFlags.Kernel | GfpFlags.NoWarn, (DmaAttributes)(line.Hex("attrs") ?? 0));
            case "alloc_atomic":
                return layer.AllocCoherent(device, size, GfpFlags.Atomic | GfpFlags.NoWarn);
            case "alloc_pages":
                return layer.AllocPages(device, size, DmaDirection.Bidirectional, GfpFlags.Kernel | GfpFlags.NoWarn);
            default:
                layer.AllocNoncontiguous(device, size, DmaDirection.Bidirectional, GfpFlags.Kernel | GfpFlags.NoWarn, DmaAttributes.None, out DmaBuffer? memory);
                return memory;
        }
    }

    private static void Free(DmaLayer<RealMemory> layer, Device device, ProbeLine line, DmaBuffer? made)
    {
        if (line.Kind is "alloc" or "alloc_atomic")
            layer.FreeAttrs(device, made, (DmaAttributes)(line.Hex("attrs") ?? 0));
        else
            layer.FreePages(device, made, DmaDirection.Bidirectional);
    }

    /// <summary>Whether the recorded place is one that this allocation could have got.</summary>
    private static bool IsPlausible(ProbeBench bench, Device device, ProbeLine line, DmaBuffer made, ulong size)
    {
        if (line.Hex("dma") is not { } dma)
            return false;
        Machine machine = bench.Machine;
        ulong bytes = bench.PageAligned(size);
        PhysicalAddress physical = bench.Reach(device, new(dma));
        if (line.Hex(line.Kind == "alloc_pages" ? "phys" : "reach") is { } printed && printed != physical.Value)
            return false;
        if (unchecked(dma + bytes - 1) > device.CoherentLimit || !machine.Ram.Contains(physical) || !machine.Ram.Contains(physical + (bytes - 1)))
            return false;
        ulong block = machine.PageSize;
        while (block < bytes)
            block <<= 1;
        if ((physical.Value & (Math.Min(block, LargestNaturalAlignment) - 1)) != 0)
            return false;
        bool restricted = bench.Layer.AllocatorOf(device) is { ForAlloc: true } allocator && allocator.DefaultPool.Contains(physical);
        return (made.Source == MemorySource.RestrictedPool) == restricted;
    }

    /// <summary>The line with the engine's result; places as in <paramref name="places"/> where they are plausible.</summary>
    private static string Text(ProbeLine line, Device device, ulong size, DmaBuffer? made, ProbeBench bench, ProbeLine? places = null)
    {
        string dma = places?.Text("dma") ?? ProbeBench.Hex(made?.Dma.Value ?? 0);
        string reach = places is not null ? places.Text(line.Kind == "alloc_pages" ? "phys" : "reach") : ProbeBench.Hex(made?.Physical.Value ?? 0);
        if (made is null)
            (dma, reach) = ("0", "0");
        int ok = made is null ? 0 : 1;
        string head = $"{line.Kind} n={line.Case} dev={device} mask={line.Text("mask")} size={size}";
        return line.Kind switch
        {
            "alloc" => $"{head} attrs={line.Text("attrs")} ok={ok} dma={dma} reach={reach}",
            "alloc_atomic" => $"{head} ok={ok} dma={dma}",
            "alloc_pages" => $"{head} ok={ok} dma={dma} phys={reach}",
            _ => $"{head} ok={ok} orig_nents={ok} nents={ok} dma={dma}",
        };
    }
}
