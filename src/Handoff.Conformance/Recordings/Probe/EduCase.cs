using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>A copy that a real (emulated) device made: out of one mapping, into another.</summary>
internal static class EduCase
{
    public static void Judge(ProbeLog log, ProbeBench bench, ProbeState state, ProbeLine line)
    {
        Device device = bench.Device(line.Text("dev"));
        if (line.Has("not-an-edu"))
        {
            log.Compare(line, $"edu dev={device} not-an-edu");
            return;
        }

        bool failed = line.Has("map-failed");
        if (line.Number("size") is not (> 0 and <= 1 << 20 and { } size)
            || Memory(bench, state, line, "src", failed, size) is not { } source || Memory(bench, state, line, "dst", failed, size) is not { } target)
        {
            log.Explain([line], "the line is damaged");
            return;
        }

        if (!failed && line.Text("rc") != "0:0")
        {
            log.Explain([line], "the device did not finish its transfer");
            return;
        }

        state.NeedMask(device, line.Number("mask"));
        string head = $"edu n={line.Case} dev={device} mask={line.Text("mask")}";
        bench.Fill(source, size, 0x55);
        bench.Bytes(target, size).Clear();
        DmaAddress from = bench.Map(line.Case, device, source, size, DmaDirection.ToDevice);
        DmaAddress to = bench.Map(line.Case, device, target, size, DmaDirection.FromDevice);
        if (!from.IsMapped || !to.IsMapped)
        {
            // The probe leaves the other one mapped; nothing else ever shows it.
            log.Compare(line, $"{head} size={size} alloc={line.Text("alloc")} map-failed");
            return;
        }

        if (failed && bench.MayBeFull(device) && (bench.Reach(device, from) != source || bench.Reach(device, to) != target))
        {
            log.Explain([line], ProbeLog.PoolMayBeFull);
            return;
        }

        Transfer(bench, device, from, to, size);
        int before = bench.Same(target, size, 0x55);
        string sourceText = Text(bench, device, line, "src", source, from, size), targetText = Text(bench, device, line, "dst", target, to, size);
        bench.Layer.UnmapPhys(device, from, size, DmaDirection.ToDevice);
        bench.Layer.UnmapPhys(device, to, size, DmaDirection.FromDevice);
        log.Compare(
            line,
            $"{head} coh={(bench.Layer.Rules.IsCoherent(device) ? 1 : 0)} size={size} alloc={line.Text("alloc")} src={sourceText} dst={targetText} rc=0:0 "
            + $"seen_before_unmap={before} seen_after_unmap={bench.Same(target, size, 0x55)}");
    }

    /// <summary>The emulated device drives only as many address bits as its own mask has, whatever mask its driver sets.</summary>
    private static void Transfer(ProbeBench bench, Device device, DmaAddress from, DmaAddress to, ulong size)
    {
        ulong mask = bench.Booted.Recorded.EmulatedMaskOf(device.Name);
        Span<byte> data = new byte[size];
        if (bench.IsMemory(new(from.Value & mask), size))
            bench.Bytes(new(bench.Reach(device, new(from.Value & mask)).Value), size).CopyTo(data);
        if (bench.IsMemory(new(to.Value & mask), size))
            data.CopyTo(bench.Bytes(bench.Reach(device, new(to.Value & mask)), size));
    }

    private static PhysicalAddress? Memory(ProbeBench bench, ProbeState state, ProbeLine line, string name, bool invent, ulong size)
    {
        if (invent)
        {
            bool high = line.Text("alloc") switch { "low" => false, "high" => true, _ => state.KmallocIsHigh };
            return bench.Invent(high, size);
        }

        return Part(line, name, 0) is { } physical && bench.IsMemory(new(physical), size) ? new(physical) : null;
    }

    private static string Text(ProbeBench bench, Device device, ProbeLine line, string name, PhysicalAddress buffer, DmaAddress dma, ulong size)
    {
        bool bounced = bench.Reach(device, dma) != buffer;
        if (bounced && Part(line, name, 1) is { } slot && bench.IsPlausibleSlot(device, new(slot), buffer, size))
            dma = new(slot);
        return $"{ProbeBench.Hex(buffer.Value)}:{ProbeBench.Hex(dma.Value)}:{(bounced ? 1 : 0)}";
    }

    private static ulong? Part(ProbeLine line, string name, int index) =>
        line.Text(name).Split(':') is { Length: 3 } parts
        && ulong.TryParse(parts[index], System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out ulong value)
            ? value
            : null;
}
