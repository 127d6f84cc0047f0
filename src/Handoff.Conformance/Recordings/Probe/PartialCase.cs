using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>Syncs of parts of one mapping: how many bytes each moved.</summary>
internal static class PartialCase
{
    private const ulong Size = 8192;
    private const byte OfBuffer = 0x5a, OfSlot = 0xa5;

    public static void Judge(ProbeLog log, ProbeBench bench, ProbeState state, List<ProbeLine> lines)
    {
        ProbeLine first = lines[0];
        string name = state.DeviceOf(first);
        PhysicalAddress? memory = first.Has("err")
            ? bench.Invent(high: true, Size)
            : first.Hex("phys") is { } physical ? new(physical) : null;
        if (name.Length == 0 || memory is not { } buffer || !bench.IsMemory(buffer, Size))
        {
            log.Explain(lines, "the line is damaged");
            return;
        }

        Device device = bench.Device(name);
        state.NeedMask(device, 32);
        DmaDirection direction = ProbeBench.Direction(first.Text("dir"));
        DmaAddress dma = bench.Map(first.Case, device, buffer, Size, direction);
        if (!dma.IsMapped)
        {
            foreach (ProbeLine line in lines)
                log.Compare(line, $"partial n={line.Case} dir={line.Text("dir")} err=1");
            return;
        }

        PhysicalAddress reach = bench.Reach(device, dma);
        bool bounced = reach != buffer;
        if (first.Has("err") && bounced && bench.MayBeFull(device))
        {
            log.Explain(lines, ProbeLog.PoolMayBeFull);
            return;
        }

        foreach (ProbeLine line in lines)
        {
            if (line.Number("off") is not { } offset || line.Number("len") is not { } length || offset > Size || length > Size - offset)
            {
                log.Wrong(line, $"partial n={line.Case} dev={name} … bounced={(bounced ? 1 : 0)}");
                continue;
            }

            Mark(bench, buffer, reach, bounced);
            bench.Layer.SyncSingleRangeForCpu(device, dma, offset, length, direction);
            int cpuBytes = bench.Bytes(buffer, Size).Count(OfSlot);
            Mark(bench, buffer, reach, bounced);
            bench.Layer.SyncSingleRangeForDevice(device, dma, offset, length, direction);
            int deviceBytes = bounced ? bench.Bytes(reach, Size).Count(OfBuffer) : 0;
            string dmaText = bounced && line.Hex("dma") is { } slot && bench.IsPlausibleSlot(device, new(slot), buffer, Size)
                ? line.Text("dma")
                : ProbeBench.Hex(dma.Value);
            log.Compare(
                line,
                $"partial n={line.Case} dev={name} alloc={line.Text("alloc")} dir={line.Text("dir")} phys={ProbeBench.Hex(buffer.Value)} dma={dmaText} bounced={(bounced ? 1 : 0)} "
                + $"off={offset} len={length} cpu_bytes={cpuBytes} dev_bytes={deviceBytes}");
        }

        bench.Layer.UnmapPhys(device, dma, Size, direction);
    }

    private static void Mark(ProbeBench bench, PhysicalAddress buffer, PhysicalAddress reach, bool bounced)
    {
        bench.Bytes(buffer, Size).Fill(OfBuffer);
        if (bounced)
            bench.Bytes(reach, Size).Fill(OfSlot);
    }
}
