namespace Handoff.Tracing.Recordings.Formats;

/// <summary>Where everything wanted of one event type lies. Made once per type, used once per event.</summary>
internal sealed class EventLayout
{
    internal DmaEventKind Kind;
    internal int EventType; // index into the reader's event names
    internal string Name = "";
    internal int MinimumSize; // every scalar and locator below ends at or before this
    internal bool HasFullCounts;
    internal bool HasMore; // than what events of one buffer and bounces have
    internal bool IsPlain; // an event of this library that lies as nearly all kernels write it: the wide fields below, and the usual beginning
    internal WideField WidePhysical, WideDma, WideSize, WideAttributes, WideVirtual;
    internal Field Pid, CommonFlags, Device, Physical, Dma, Size, Direction, Attributes, Virtual, Gfp, Error, FullNents, FullEnts, Truncated, Force, Exporter;
    internal Field PhysicalList, DmaList, LengthList;
    internal Field PrintIp, PrintFormat, PrintBuffer;

    internal static EventLayout From(EventFormat format, int longSize, NameTable names)
    {
        var kind = DmaEventNames.KindOf(format.Name);
        var layout = new EventLayout { Kind = kind, Name = format.Name, EventType = names.Intern(format.Name) };
        foreach (var f in format.Fields)
            layout.Assign(f, longSize);
        layout.HasFullCounts = layout.FullNents.IsPresent;
        layout.HasMore = kind == DmaEventKind.MapSg || layout.Gfp.IsPresent || layout.Error.IsPresent || layout.Exporter.IsPresent
            || layout.PhysicalList.IsPresent || layout.DmaList.IsPresent || layout.LengthList.IsPresent;
        layout.Widen();
        return layout;
    }

    private void Widen()
    {
        IsPlain = Kind > DmaEventKind.LostEvents && Pid is { Kind: FieldKind.Scalar, Offset: 4, Size: 4 } && CommonFlags is { Kind: FieldKind.Scalar, Offset: 2, Size: 1 }
            && WideField.Fits(Physical) && WideField.Fits(Dma) && WideField.Fits(Size) && WideField.Fits(Attributes) && WideField.Fits(Virtual);
        (WidePhysical, WideDma, WideSize) = (new(Physical), new(Dma), new(Size));
        (WideAttributes, WideVirtual) = (new(Attributes), new(Virtual));
    }

    /// <summary>Names of fields the kind needs and the format lacks.</summary>
    internal string? MissingFields()
    {
        List<string> missing = [];
        void Need(in Field field, string name)
        {
            if (!field.IsPresent)
                missing.Add(name);
        }

        if (Kind is DmaEventKind.Unknown or DmaEventKind.LostEvents)
            return null;
        if (Kind == DmaEventKind.Marker)
        {
            Need(PrintBuffer, Name == "bputs" ? "str" : "buf");
            return missing.Count == 0 ? null : string.Join(", ", missing);
        }

        if (Kind < DmaEventKind.DmaBufExport)
            Need(Device, "device");
        if (Kind is DmaEventKind.MapPage or DmaEventKind.MapResource)
            Need(Physical, "phys_addr");
        if (Kind is DmaEventKind.MapSg or DmaEventKind.UnmapSg or DmaEventKind.MapSgErr)
            Need(PhysicalList, "phys_addrs");
        if (Kind is DmaEventKind.MapSg or DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice)
        {
            Need(DmaList, "dma_addrs");
            Need(LengthList, "lengths");
        }
        else if (Kind is not (DmaEventKind.UnmapSg or DmaEventKind.MapSgErr) and < DmaEventKind.SwiotlbBounced)
        {
            Need(Dma, "dma_addr");
            Need(Size, "size");
        }

        return missing.Count == 0 ? null : string.Join(", ", missing);
    }

    private void Assign(in FormatField f, int longSize)
    {
        switch (f.Name)
        {
            case "common_pid": Scalar(ref Pid, f); break;
            case "common_flags": Scalar(ref CommonFlags, f); break;
            case "device" or "dev_name": Text(ref Device, f); break;
            case "exp_name": Text(ref Exporter, f); break;
            case "phys_addr" or "dev_addr" or "ino": Scalar(ref Physical, f); break;
            case "dma_addr" or "addr": Scalar(ref Dma, f); break;
            case "virt_addr" or "dma_mask" or "attach": Scalar(ref Virtual, f); break;
            case "size": Scalar(ref Size, f); break;
            case "dir": Scalar(ref Direction, f); break;
            case "attrs": Scalar(ref Attributes, f); break;
            case "flags": Scalar(ref Gfp, f); break;
            case "err" or "fd": Scalar(ref Error, f); break;
            case "full_nents": Scalar(ref FullNents, f); break;
            case "full_ents": Scalar(ref FullEnts, f); break;
            case "truncated": Scalar(ref Truncated, f); break;
            case "force" or "swiotlb_force" or "is_dynamic": Scalar(ref Force, f); break;
            case "phys_addrs" or "addrs": List(ref PhysicalList, f, longSize); break;
            case "dma_addrs": List(ref DmaList, f, longSize); break;
            case "lengths": List(ref LengthList, f, longSize); break;
            case "ip": Scalar(ref PrintIp, f); break;
            case "fmt": Scalar(ref PrintFormat, f); break;
            case "str" when Kind == DmaEventKind.Marker: Scalar(ref PrintFormat, f); PrintBuffer = PrintFormat; break;
            case "buf" when Kind == DmaEventKind.Marker:
                PrintBuffer = new Field { Offset = (ushort)f.Offset, Kind = FieldKind.Inline };
                MinimumSize = Math.Max(MinimumSize, f.Offset);
                break;
        }
    }

    private void Scalar(ref Field field, in FormatField f)
    {
        if (f.Kind == FieldKind.Scalar)
            Set(ref field, f, 0);
    }

    private void Text(ref Field field, in FormatField f)
    {
        if (f.Kind is FieldKind.DataLocator or FieldKind.RelativeLocator && f.Size == 4)
            Set(ref field, f, 1);
        else if (f.Kind == FieldKind.Inline && f.Size is > 0 and < 256)
            Set(ref field, f, 1);
    }

    private void List(ref Field field, in FormatField f, int longSize)
    {
        if (f.Kind is FieldKind.DataLocator or FieldKind.RelativeLocator && f.Size == 4)
            Set(ref field, f, f.ElementSize(longSize));
    }

    private void Set(ref Field field, in FormatField f, int elementSize)
    {
        if (Kind == DmaEventKind.Unknown && f.Name != "common_pid")
            return;
        field = new Field { Offset = (ushort)f.Offset, Size = (byte)f.Size, Kind = f.Kind, Signed = f.Signed, ElementSize = (byte)elementSize };
        MinimumSize = Math.Max(MinimumSize, Math.Max(f.Offset + f.Size, field.Offset + field.Size));
    }
}
