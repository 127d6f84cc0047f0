using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>Maps, syncs and unmaps of scatterlists.</summary>
internal sealed class ListCases(ProbeLog log, ProbeBench bench, ProbeState state)
{
    private const int Printed = 20;
    private const int LongestList = 100_000;

    /// <summary>Judges the lines of a list's entries, and the line of the list.</summary>
    public void Judge(List<ProbeLine> lines, ProbeLine list)
    {
        if (list.Text("skip") == "alloc")
        {
            bool noHigh = bench.Invent(high: true, 4096) is null;
            if (noHigh && ListShape.Find(list.Text("name")) is { } shape && shape.Sources.Contains('h'))
                log.Compare(list, $"sg skip=alloc name={shape.Name}");
            else
                log.Explain([list], "the probe found no memory");
            return;
        }

        Device device = bench.Device(list.Text("dev"));
        if (list.Number("nents") is not (> 0 and <= LongestList and { } count) || list.Hex("attrs") is not { } attributes || Entries((int)count, lines, list) is not { } entries)
        {
            log.Explain([.. lines, list], "the line is damaged, or the list is not one of the probe's");
            return;
        }

        state.NeedMask(device, list.Number("mask"));
        Run(device, lines, list, entries, ProbeBench.Direction(list.Text("dir")), (DmaAttributes)attributes);
    }

    private void Run(Device device, List<ProbeLine> lines, ProbeLine list, ScatterlistEntry[] entries, DmaDirection direction, DmaAttributes attributes)
    {
        DmaLayer<RealMemory> layer = bench.Layer;
        for (int i = 0; i < entries.Length; i++)
            bench.Fill(entries[i].Address, entries[i].Length, 0x11 + i);
        var table = new SgTable(entries);
        bool useTable = list.Text("fn") == "sgtable";
        int segments, error;
        if (useTable)
        {
            error = (int)layer.MapSgTable(device, table, direction, attributes);
            segments = error == 0 ? table.Nents : 0;
        }
        else
        {
            segments = layer.MapSg(device, table.Entries, direction, attributes);
            error = segments != 0 ? 0 : -1;
        }

        if (segments > 0 && list.Number("rc") != 0 && Array.Exists(entries, e => Reach(device, e) != e.Address))
        {
            if (bench.MayBeFull(device))
            {
                layer.UnmapSg(device, table.Entries, direction, attributes);
                log.Explain([.. lines, list], ProbeLog.PoolMayBeFull);
                return;
            }

            if (bench.Cases?.FoundNoSlots(list.Case) == true)
            {
                layer.UnmapSg(device, table.Entries, direction, attributes);
                (segments, error) = (0, useTable ? (int)Errno.IO : -1);
            }
        }

        int bounced = 0, flags = 0, inCopy = 0, cpuSync = 0, deviceSync = 0, unmapCopy = 0;
        var isBounced = new bool[entries.Length];
        string head = $"n={list.Case}";
        if (segments > 0)
        {
            for (int i = 0; i < segments; i++)
            {
                ref ScatterlistEntry entry = ref entries[i];
                isBounced[i] = Reach(device, entry) != entry.Address;
                flags += (entry.Flags & SgDmaFlags.Swiotlb) != 0 ? 1 : 0;
                bounced += isBounced[i] ? 1 : 0;
                inCopy += isBounced[i] ? bench.Same(Reach(device, entry), entry.Length, 0x11 + i) : 0;
                if (lines.Find(l => l.Number("i") == (ulong)i) is { } line)
                    log.Compare(line, EntryText(device, line, head, i, entry, isBounced[i]));
            }

            ForBounced(i => bench.Fill(Reach(device, entries[i]), entries[i].Length, 0x22 + i));
            layer.SyncSgForCpu(device, table.Entries, direction);
            ForBounced(i =>
            {
                cpuSync += bench.Same(entries[i].Address, entries[i].Length, 0x22 + i);
                bench.Fill(entries[i].Address, entries[i].Length, 0x33 + i);
            });
            layer.SyncSgForDevice(device, table.Entries, direction);
            ForBounced(i =>
            {
                deviceSync += bench.Same(Reach(device, entries[i]), entries[i].Length, 0x33 + i);
                bench.Fill(Reach(device, entries[i]), entries[i].Length, 0x44 + i);
            });
            layer.UnmapSg(device, table.Entries, direction, attributes);
            ForBounced(i => unmapCopy += bench.Same(entries[i].Address, entries[i].Length, 0x44 + i));
        }
        else
        {
            foreach (ProbeLine line in lines)
                log.Wrong(line, "no entries: the map fails");
        }

        log.Compare(
            list,
            $"sg {head} dev={device} fn={(useTable ? "sgtable" : "sg")} name={list.Text("name")} mask={list.Text("mask")} coh={(layer.Rules.IsCoherent(device) ? 1 : 0)} dir={list.Text("dir")} "
            + $"attrs={list.Text("attrs")} nents={entries.Length} ents={segments} rc={error} bounced_ents={bounced} swiotlb_flags={flags} in_copy={inCopy} cpu_sync={cpuSync} dev_sync={deviceSync} unmap_copy={unmapCopy}");

        void ForBounced(Action<int> act)
        {
            for (int i = 0; i < isBounced.Length; i++)
            {
                if (isBounced[i])
                    act(i);
            }
        }
    }

    private string EntryText(Device device, ProbeLine line, string head, int i, in ScatterlistEntry entry, bool bounced)
    {
        string dma = ProbeBench.Hex(entry.DmaAddress.Value), reach = ProbeBench.Hex(Reach(device, entry).Value);
        if (bounced && line.Hex("dma") is { } slot && bench.IsPlausibleSlot(device, new(slot), entry.Address, entry.Length))
            (dma, reach) = (line.Text("dma"), ProbeBench.Hex(bench.Reach(device, new(slot)).Value));
        return $"sgent {head} i={i} phys={ProbeBench.Hex(entry.Address.Value)} len={entry.Length} dma={dma} dma_len={entry.DmaLength} reach={reach} "
            + $"bounced={(bounced ? 1 : 0)} swiotlb_flag={((entry.Flags & SgDmaFlags.Swiotlb) != 0 ? 1 : 0)}";
    }

    private PhysicalAddress Reach(Device device, in ScatterlistEntry entry) => bench.Reach(device, entry.DmaAddress);

    /// <summary>The list's memory: printed entries as recorded, the others made up by the list's own rule.</summary>
    private ScatterlistEntry[]? Entries(int count, List<ProbeLine> lines, ProbeLine list)
    {
        ListShape? shape = ListShape.Find(list.Text("name")) is { } known && known.Entries == count ? known : null;
        var entries = new ScatterlistEntry[count];
        foreach (ProbeLine line in lines)
        {
            if (line.Number("i") is not { } i || i >= (ulong)Math.Min(count, Printed) || line.Hex("phys") is not { } physical
                || line.Number("len") is not (> 0 and <= int.MaxValue and { } length) || !bench.IsMemory(new(physical), length))
                return null;
            entries[i] = new ScatterlistEntry(new(physical), (uint)length);
        }

        for (int i = 0; i < count; i++)
        {
            if (entries[i].Length != 0)
                continue;
            if (shape is null)
                return null;
            uint length = (uint)shape.Lengths[i % shape.Lengths.Length];
            bool high = shape.Sources[i % shape.Sources.Length] switch { 'h' => true, 'l' => false, _ => state.KmallocIsHigh };
            if ((Beside(entries, shape, i, length) ?? InventApart(entries, high, length)) is not { } address)
                return null;
            entries[i] = new ScatterlistEntry(address, length);
        }

        return entries;
    }

    /// <summary>
    /// Memory near the last printed entry that the probe took from the same source: that one is within the device's reach, and the windows of
    /// its bus, as far as this one was.
    /// </summary>
    private PhysicalAddress? Beside(ScatterlistEntry[] entries, ListShape shape, int entry, uint length)
    {
        const ulong farthest = 1 << 20;
        int like = Math.Min(entry, Printed) - 1;
        while (like >= 0 && shape.Sources[like % shape.Sources.Length] != shape.Sources[entry % shape.Sources.Length])
            like--;
        if (like < 0)
            return null;
        ulong page = bench.Machine.PageSize, start = entries[like].Address.Value & ~(page - 1);
        for (ulong apart = page; apart < farthest; apart += page)
        {
            PhysicalAddress at = new(start + apart);
            if (!bench.IsMemory(at, length))
                return null;
            if (!Array.Exists(entries, o => o.Length != 0 && at < o.Address + o.Length && o.Address < at + length))
                return at;
        }

        return null;
    }

    private PhysicalAddress? InventApart(ScatterlistEntry[] others, bool high, uint length)
    {
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            if (bench.Invent(high, length) is not { } address)
                return null;
            if (!Array.Exists(others, o => o.Length != 0 && address < o.Address + o.Length && o.Address < address + length))
                return address;
        }

        return null;
    }
}
