using System.Text;
using Handoff.Conformance.Input;
using Handoff.Kernels;
using Handoff.Swiotlb;

namespace Handoff.Conformance.Streams;

/// <summary>Answers a stream of bounce requests: where each mapping lands, how full the pool is, what a sync moves.</summary>
/// <remarks>The format of requests and answers is that of a harness around the kernel's own allocator (docs/conformance.md).</remarks>
internal sealed class StreamAnswerer
{
    /// <summary>Where the harness puts the pool.</summary>
    private static readonly PhysicalAddress PoolStart = new(0x1000_0000);

    private readonly Dictionary<uint, Device> _devices = [];
    private readonly AnswerWriter _answers;
    private LiveMapping[] _live = new LiveMapping[1 << 12];
    private DmaLayer<NotingMemory>? _layer;

    private StreamAnswerer(Stream output) => _answers = new AnswerWriter(output);

    /// <summary>Reads requests to the end and writes the answers.</summary>
    /// <returns>Number of maps, unmaps and syncs answered.</returns>
    /// <exception cref="InputException">A line is no request; the answers up to there have been written.</exception>
    public static long Answer(Stream input, Stream output)
    {
        var answerer = new StreamAnswerer(output);
        var lines = new LineReader(input);
        long requests = 0;
        try
        {
            while (lines.Read(out ReadOnlySpan<byte> line))
            {
                if (answerer.Answer(line) is { } wrong)
                    throw new InputException($"line {lines.Number}: {wrong}: \"{Shorten(line)}\"");
                requests++;
            }
        }
        finally
        {
            answerer._answers.Flush();
        }

        if (requests == 0)
            throw new InputException("line 1: the stream is empty; it should begin with: pool <text of swiotlb=>");
        return requests;
    }

    private static string Shorten(ReadOnlySpan<byte> line)
    {
        string text = Encoding.UTF8.GetString(line[..Math.Min(line.Length, 80)]);
        return string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c)) + (line.Length > 80 ? "…" : "");
    }

    private string? Answer(ReadOnlySpan<byte> line)
    {
        var fields = new FieldReader(line);
        ReadOnlySpan<byte> what = fields.Word();
        if (what.SequenceEqual("pool"u8))
            return Pool(ref fields);
        if (_layer is not { } layer)
            return "the first line should be: pool <text of swiotlb=>";
        if (what.SequenceEqual("map"u8))
            return Map(layer, ref fields);
        if (what.SequenceEqual("unmap"u8))
            return Unmap(layer, ref fields);
        if (what.SequenceEqual("sync"u8))
            return Sync(layer, ref fields);
        if (what.SequenceEqual("dev"u8))
            return AddDevice(ref fields);
        return "not a request; expected pool, dev, map, unmap or sync";
    }

    private string? Pool(ref FieldReader fields)
    {
        if (_layer is not null)
            return "the pool is set already";
        string text = Encoding.UTF8.GetString(fields.Word());
        if (text.Length is 0 or > 255 || !fields.AtEnd)
            return "expected: pool <text of swiotlb=>, or: pool default";
        var machine = new Machine
        {
            Architecture = Architecture.X86_64,
            Ram = RamMap.Usual(Architecture.X86_64, 8UL << 30),
            Cpus = 2,
            SwiotlbParameter = text == "default" ? "" : text,
            SwiotlbStart = PoolStart,
        };
        _layer = new DmaLayer<NotingMemory>(machine, new KernelProfile("linux-6.12", new KernelSwitches(), ""), default);
        SwiotlbPool? pool = _layer.Swiotlb?.DefaultPool;
        _answers.Text("pool start="u8).Hex(pool?.Start.Value ?? 0).Text(" slots="u8).Decimal((ulong)(pool?.Slots ?? 0))
            .Text(" areas="u8).Decimal((ulong)(pool?.Areas ?? 0)).Text("\n"u8);
        return null;
    }

    private string? AddDevice(ref FieldReader fields)
    {
        if (!fields.TryDecimal(out ulong id) || !fields.TryHex(out ulong mask) || !fields.TryHex(out ulong minAlign)
            || !fields.TryHex(out ulong boundary) || !fields.AtEnd || id > uint.MaxValue || minAlign > uint.MaxValue)
            return "expected: dev <id> <mask hex> <min_align_mask hex> <seg_boundary hex>";
        if (!ulong.IsPow2(unchecked((boundary >> SwiotlbConstants.SlotShift) + 1)))
            return "a segment boundary is a mask of low bits (the kernel stops with BUG otherwise)";
        _devices[(uint)id] = new Device($"dev{id}")
        {
            DmaMask = mask,
            CoherentDmaMask = mask,
            MinAlignMask = (uint)minAlign,
            SegmentBoundaryMask = boundary,
            Coherent = true,
        };
        return null;
    }

    private string? Map(DmaLayer<NotingMemory> layer, ref FieldReader fields)
    {
        if (!fields.TryDecimal(out ulong n) || !fields.TryDecimal(out ulong id) || !fields.TryDecimal(out ulong cpu) || !fields.TryHex(out ulong physical)
            || !fields.TryDecimal(out ulong size) || !fields.TryHex(out ulong alignMask) || !fields.AtEnd || cpu > int.MaxValue)
            return "expected: map <n> <dev> <cpu> <phys hex> <size> <alloc_align_mask hex>";
        if (id > uint.MaxValue || !_devices.TryGetValue((uint)id, out Device? device))
            return $"no such device: {id}";
        if (size is 0 or > 1UL << 40)
            return "the size of a mapping is from 1 byte up to 1 TiB";
        if (!Reserve(n))
            return $"the number of a mapping is below {1 << 26}";
        if (!ulong.IsPow2(unchecked(alignMask + 1)))
            return "an alignment mask is a power of two minus one";

        CurrentCpu.Id = (int)cpu;
        PhysicalAddress slot = layer.Swiotlb is null
            ? PhysicalAddress.Invalid
            : layer.SwiotlbMap(device, new(physical), size, alignMask, DmaDirection.Bidirectional, DmaAttributes.NoWarn);
        _answers.Text("map "u8).Decimal(n);
        if (slot.IsValid)
        {
            _live[n] = new LiveMapping(device, slot, size);
            _answers.Text(" "u8).Hex(slot.Value);
        }
        else
        {
            _answers.Text(" full"u8);
        }

        _answers.Text(" used="u8).Decimal((ulong)(layer.Swiotlb?.Used ?? 0))
            .Text(" hiwater="u8).Decimal((ulong)(layer.Swiotlb?.HighWater ?? 0)).Text("\n"u8);
        return null;
    }

    private string? Unmap(DmaLayer<NotingMemory> layer, ref FieldReader fields)
    {
        if (!fields.TryDecimal(out ulong n) || !fields.AtEnd)
            return "expected: unmap <n>";
        _answers.Text("unmap "u8).Decimal(n);
        if (Find(n) is not { Device: { } device } live)
        {
            _answers.Text(" none\n"u8);
            return null;
        }

        layer.SwiotlbUnmap(device, live.Slot, live.Size, DmaDirection.Bidirectional, DmaAttributes.SkipCpuSync);
        _live[n] = default;
        _answers.Text(" used="u8).Decimal((ulong)layer.Swiotlb!.Used).Text("\n"u8);
        return null;
    }

    private string? Sync(DmaLayer<NotingMemory> layer, ref FieldReader fields)
    {
        if (!fields.TryDecimal(out ulong n) || !fields.TryDecimal(out ulong offset) || !fields.TryDecimal(out ulong size) || !fields.AtEnd)
            return "expected: sync <n> <offset> <size>";
        _answers.Text("sync "u8).Decimal(n);
        if (Find(n) is not { Device: { } device } live)
        {
            _answers.Text(" none\n"u8);
            return null;
        }

        layer.Memory = default;
        layer.SyncSingleForDevice(device, new DmaAddress(live.Slot.Value) + offset, size, DmaDirection.ToDevice);
        _answers.Text(" orig="u8).Hex(layer.Memory.CopiedFrom.Value).Text(" moved="u8).Decimal(layer.Memory.Copied).Text("\n"u8);
        return null;
    }

    private LiveMapping Find(ulong n) => n < (ulong)_live.Length ? _live[n] : default;

    private bool Reserve(ulong n)
    {
        if (n < (ulong)_live.Length)
            return true;
        if (n >= 1 << 26)
            return false;
        Array.Resize(ref _live, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)n + 1));
        return true;
    }
}
