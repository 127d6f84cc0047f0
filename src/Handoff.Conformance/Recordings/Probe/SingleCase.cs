using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>One map, syncs both ways and an unmap of one buffer.</summary>
internal static class SingleCase
{
    public static void Judge(ProbeLog log, ProbeBench bench, ProbeState state, ProbeLine line)
    {
        if (line.Text("skip") == "alloc")
        {
            JudgeSkipped(log, bench, line);
            return;
        }

        if (line.Hex("phys") is not { } physical || line.Number("size") is not { } size || line.Number("mask") is not (<= 64 and { } bits)
            || line.Hex("min_align") is not (<= uint.MaxValue and { } minAlign) || line.Hex("attrs") is not { } attributes || !bench.IsMemory(new(physical), size) || size == 0)
        {
            log.Explain([line], "the line is damaged");
            return;
        }

        Device device = bench.Device(line.Text("dev"));
        state.NeedMinAlign(device, minAlign, bits);
        if (line.Text("alloc").StartsWith("kmalloc", StringComparison.Ordinal))
            state.KmallocIsHigh = physical >> 32 != 0;
        string expected = Run(bench, device, line, new(physical), size, ProbeBench.Direction(line.Text("dir")), (DmaAttributes)attributes);
        if (line.Number("err") != 0 && expected.Contains(" bounced=1 ", StringComparison.Ordinal) && bench.MayBeFull(device))
            log.Explain([line], ProbeLog.PoolMayBeFull);
        else
            log.Compare(line, expected);
    }

    private static string Run(
        ProbeBench bench, Device device, ProbeLine line, PhysicalAddress buffer, ulong size, DmaDirection direction, DmaAttributes attributes)
    {
        DmaLayer<RealMemory> layer = bench.Layer;
        bench.Fill(buffer, size, 0x11);
        DmaAddress dma = bench.Map(line.Case, device, buffer, size, direction, attributes);
        Errno error = layer.MappingError(device, dma);
        int bounced = -1, inCopy = -1, cpuSync = -1, deviceSync = -1, unmapCopy = -1, needSync = -1;
        PhysicalAddress reach = new(0);
        string dmaText = ProbeBench.Hex(dma.Value), reachText = "0";
        if (error == Errno.None)
        {
            needSync = layer.NeedSync(device, dma) ? 1 : 0;
            reach = bench.Reach(device, dma);
            bounced = reach != buffer ? 1 : 0;
            reachText = ProbeBench.Hex(reach.Value);
            if (bounced == 1)
                inCopy = bench.Same(reach, size, 0x11);
            bench.Fill(reach, size, 0x22);
            layer.SyncSingleForCpu(device, dma, size, direction);
            if (bounced == 1)
                cpuSync = bench.Same(buffer, size, 0x22);
            bench.Fill(buffer, size, 0x33);
            layer.SyncSingleForDevice(device, dma, size, direction);
            if (bounced == 1)
                deviceSync = bench.Same(reach, size, 0x33);
            bench.Fill(reach, size, 0x44);
            layer.UnmapPhys(device, dma, size, direction, attributes);
            if (bounced == 1)
                unmapCopy = bench.Same(buffer, size, 0x44);
            if (bounced == 1 && line.Hex("dma") is { } slot && line.Hex("reach") is { } behind
                && bench.IsPlausibleSlot(device, new(slot), buffer, size) && bench.Reach(device, new(slot)).Value == behind)
                (dmaText, reachText) = (line.Text("dma"), line.Text("reach"));
        }

        return $"single n={line.Case} dev={device} fn={line.Text("fn")} mask={line.Text("mask")} min_align={line.Text("min_align")} coh={(layer.Rules.IsCoherent(device) ? 1 : 0)} "
            + $"alloc={line.Text("alloc")} dir={line.Text("dir")} attrs={line.Text("attrs")} size={size} phys={ProbeBench.Hex(buffer.Value)} dma={dmaText} err={(int)error} reach={reachText} "
            + $"bounced={ProbeBench.Tri(bounced)} need_sync={ProbeBench.Tri(needSync)} in_copy={ProbeBench.Tri(inCopy)} cpu_sync={ProbeBench.Tri(cpuSync)} "
            + $"dev_sync={ProbeBench.Tri(deviceSync)} unmap_copy={ProbeBench.Tri(unmapCopy)}";
    }

    /// <summary>The probe found no memory: right if the machine has none above 4 GiB, or if the memory ran out.</summary>
    private static void JudgeSkipped(ProbeLog log, ProbeBench bench, ProbeLine line)
    {
        if (line.Text("alloc") == "high" && bench.Invent(high: true, 4096) is null)
            log.Compare(line, $"single n={line.Case} skip=alloc size={line.Text("size")} alloc=high");
        else
            log.Explain([line], "the probe found no memory");
    }
}
