using Handoff.Sharing;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>One dma-buf that two devices share: who sees whose data after which step.</summary>
internal sealed class ShareCase(ProbeLog log, ProbeBench bench, List<ProbeLine> lines)
{
    private const int Printed = 16;
    private const ulong Looked = 4096;

    private readonly string _head = $"{lines[0].Kind} n={lines[0].Case}";
    private readonly List<string> _expected = [];
    private Device _a = null!, _b = null!;

    public void Judge()
    {
        ProbeLine first = lines[0];
        if (first.Number("size") is not (> 0 and <= 1UL << 30 and { } size) || first.Hex("mask") is not { } maskA || first.Hex("Bmask") is not { } maskB)
        {
            log.Explain(lines, "the line is damaged");
            return;
        }

        (_a, _b) = (bench.Device(first.Text("A")), bench.Device(first.Text("B")));

        // The log names the probe's own exporters only. A "dmabuf" is of one of those that the recorded machines have.
        int fewest = int.MaxValue;
        string[] best = [];
        List<ScatterlistEntry> entries = Entries(size);
        foreach (DmaBufExporter<RealMemory> exporter in Exporters(entries))
        {
            _expected.Clear();
            foreach (ScatterlistEntry entry in entries)
                bench.Bytes(entry.Address, entry.Length).Clear(); // as every exporter hands it out
            bench.Layer.SetMaskAndCoherent(_a, maskA);
            bench.Layer.SetMaskAndCoherent(_b, maskB);
            Share(new DmaBuf<RealMemory>(exporter, size));
            exporter.Release();
            int differences = Math.Abs(_expected.Count - lines.Count) + lines.Zip(_expected).Count(static p => p.First.Source.TrimEnd() != p.Second);
            if (differences < fewest)
                (fewest, best) = (differences, [.. _expected]);
            if (differences == 0)
                break;
        }

        bool failed = lines.Exists(static l => (l.Number("mapA") ?? 0) != 0 || (l.Number("mapB") ?? 0) != 0 || (l.Number("mapA2") ?? 0) != 0);
        if (fewest > 0 && failed && (bench.MayBeFull(_a) || bench.MayBeFull(_b) || bench.Cases?.FoundNoSlots(first.Case) == true))
        {
            // Which of the maps found no slots, the replay does not tell.
            log.Explain(lines, ProbeLog.PoolMayBeFull);
            return;
        }

        for (int i = 0; i < lines.Count; i++)
            log.Compare(lines[i], i < best.Length ? best[i] : "(no further line)");
    }

    private IEnumerable<DmaBufExporter<RealMemory>> Exporters(List<ScatterlistEntry> entries)
    {
        if (entries.Count == 0)
            yield break;
        bool named = lines[0].Kind != "dmabuf";
        yield return Heap(lines[0].Kind == "ubuf-uncached" ? DmaHeapKind.SystemUncached : DmaHeapKind.System);
        if (named)
            yield break;
        yield return Heap(DmaHeapKind.Cma);
        if (entries.TrueForAll(e => e.Length == bench.Machine.PageSize))
            yield return new UdmabufExporter<RealMemory>(bench.Layer, [.. entries.Select(static e => e.Address)]);

        HeapExporter<RealMemory> Heap(DmaHeapKind kind) => new(bench.Layer, kind, new SgTable([.. entries]));
    }

    /// <summary>The buffer's blocks, from the first table printed; what is not printed is made up alike.</summary>
    private List<ScatterlistEntry> Entries(ulong size)
    {
        var entries = new List<ScatterlistEntry>();
        ulong total = 0;
        foreach (ProbeLine line in lines)
        {
            if (line.Number("i") is not { } i)
                continue;
            if (i != (ulong)entries.Count)
                break; // the second table begins
            if (line.Hex("phys") is not { } physical || line.Number("len") is not (> 0 and <= int.MaxValue and { } length) || !bench.IsMemory(new(physical), length))
                return [];
            entries.Add(new ScatterlistEntry(new(physical), (uint)length));
            total += length;
        }

        // Nothing printed: neither map succeeded, as for the largest block of a heap. Where a heap's pages lie does not change that.
        uint next = entries.Count > 0 ? entries[^1].Length : (uint)Math.Min(size, 1 << 20);
        bool high = entries.Count == 0 || entries[^1].Address.Value >> 32 != 0;
        while (total < size && entries.Count < 1 << 16)
        {
            uint length = (uint)Math.Min(next, size - total);
            if (bench.Invent(high, length) is not { } address)
                return [];
            entries.Add(new ScatterlistEntry(address, length));
            total += length;
        }

        return entries;
    }

    private void Share(DmaBuf<RealMemory> buffer)
    {
        int coherentA = bench.Layer.Rules.IsCoherent(_a) ? 1 : 0, coherentB = bench.Layer.Rules.IsCoherent(_b) ? 1 : 0;
        _expected.Add(
            $"{_head} begin size={buffer.Size} A={_a} mask={ProbeBench.Hex(_a.DmaMask ?? 0)} coh={coherentA} B={_b} mask={ProbeBench.Hex(_b.DmaMask ?? 0)} coh={coherentB}");
        buffer.Attach(_a, out DmaBufAttachment<RealMemory>? forA);
        buffer.Attach(_b, out DmaBufAttachment<RealMemory>? forB);
        Errno errorA = buffer.MapAttachmentUnlocked(forA!, DmaDirection.Bidirectional, out SgTable? tableA);
        Errno errorB = buffer.MapAttachmentUnlocked(forB!, DmaDirection.Bidirectional, out SgTable? tableB);
        _expected.Add($"{_head} mapA={(int)errorA} mapB={(int)errorB}");
        List(_a, tableA);
        List(_b, tableB);
        if (tableA is not null && tableB is not null)
        {
            Steps(buffer, forB!, tableA, tableB);
            tableB = null;
        }

        if (tableB is not null)
            buffer.UnmapAttachmentUnlocked(forB!, tableB, DmaDirection.Bidirectional);
        if (tableA is not null)
            buffer.UnmapAttachmentUnlocked(forA!, tableA, DmaDirection.Bidirectional);
        buffer.Detach(forA!);
        buffer.Detach(forB!);
        _expected.Add($"{_head} end");
    }

    private void Steps(DmaBuf<RealMemory> buffer, DmaBufAttachment<RealMemory> forB, SgTable tableA, SgTable tableB)
    {
        buffer.Attach(_a, out DmaBufAttachment<RealMemory>? again);
        Errno error = buffer.MapAttachmentUnlocked(again!, DmaDirection.Bidirectional, out SgTable? second);
        _expected.Add($"{_head} mapA2={(int)error}");
        List(_a, second);
        Poke(_a, tableA, 0x61);
        See("A-wrote", _b, tableB, 0x61);
        buffer.BeginCpuAccess(DmaDirection.Bidirectional);
        See("begin_cpu", _a, tableA, 0x61);
        See("begin_cpu", _b, tableB, 0x61);
        bench.Fill(tableA.Entries[0].Address, Math.Min(tableA.Entries[0].Length, Looked), 0x72);
        See("cpu-wrote", _a, tableA, 0x72);
        See("cpu-wrote", _b, tableB, 0x72);
        buffer.EndCpuAccess(DmaDirection.Bidirectional);
        See("end_cpu", _a, tableA, 0x72);
        See("end_cpu", _b, tableB, 0x72);
        Poke(_b, tableB, 0x83);
        See("B-wrote", _a, tableA, 0x83);
        if (second is not null)
        {
            buffer.UnmapAttachmentUnlocked(again!, second, DmaDirection.Bidirectional);
            _expected.Add($"{_head} unmappedA2");
        }

        buffer.Detach(again!);
        buffer.UnmapAttachmentUnlocked(forB, tableB, DmaDirection.Bidirectional);
        See("B-unmapped", _a, tableA, 0x83);
    }

    private void List(Device device, SgTable? table)
    {
        for (int i = 0; table is not null && i < Math.Min(table.Nents, Printed); i++)
        {
            ref readonly ScatterlistEntry entry = ref table.Segments[i];
            PhysicalAddress behind = bench.Reach(device, entry.DmaAddress);
            bool bounced = behind != entry.Address;
            string dma = ProbeBench.Hex(entry.DmaAddress.Value), reach = ProbeBench.Hex(behind.Value);
            if (bounced && _expected.Count < lines.Count && lines[_expected.Count].Hex("dma") is { } slot && bench.IsPlausibleSlot(device, new(slot), entry.Address, entry.Length))
                (dma, reach) = (ProbeBench.Hex(slot), ProbeBench.Hex(bench.Reach(device, new(slot)).Value));
            _expected.Add(
                $"{_head} dev={device} i={i} phys={ProbeBench.Hex(entry.Address.Value)} len={entry.Length} dma={dma} dma_len={entry.DmaLength} reach={reach} "
                + $"bounced={(bounced ? 1 : 0)} swiotlb_flag={((entry.Flags & SgDmaFlags.Swiotlb) != 0 ? 1 : 0)}");
        }
    }

    private PhysicalAddress Behind(Device device, SgTable table) => bench.Reach(device, table.Segments[0].DmaAddress);

    private void Poke(Device device, SgTable table, int seed)
    {
        ulong size = Math.Min(table.Segments[0].DmaLength, Looked);
        bench.Fill(Behind(device, table), size, seed);
        _expected.Add($"{_head} dev={device} step=device-wrote seed={seed:x} cpu_sees={bench.Same(table.Entries[0].Address, size, seed)}");
    }

    private void See(string step, Device device, SgTable table, int seed)
    {
        ulong size = Math.Min(table.Segments[0].DmaLength, Looked);
        _expected.Add(
            $"{_head} dev={device} step={step} seed={seed:x} device_sees={bench.Same(Behind(device, table), size, seed)} cpu_sees={bench.Same(table.Entries[0].Address, size, seed)}");
    }
}
