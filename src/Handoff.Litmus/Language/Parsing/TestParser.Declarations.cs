using System.Collections.Immutable;
using System.Globalization;

namespace Handoff.Litmus.Language;

internal sealed partial class TestParser
{
    /// <summary>Bytes of the largest buffer.</summary>
    internal const ulong LargestBuffer = 1UL << 40;

    /// <summary>Every architecture's linear map has that much.</summary>
    internal const ulong HighestRam = 1UL << 45;

    private const int MostItems = 256;

    private static readonly string[] s_machineItems = ["on", "arch", "ram", "line", "swiotlb", "encryption", "cpus", "page"];

    private static readonly string[] s_deviceItems =
    [
        "dma_mask", "coherent_mask", "coherent", "noncoherent", "bus_limit", "dma_range", "min_align_mask", "max_seg", "boundary", "force_bounce",
        "restricted_pool", "untrusted", "iommu",
    ];

    private static readonly string[] s_bufferOptions = ["above", "below", "in", "at", "beside", "offset", "entries", "with", "fields"];

    private MachineDeclaration? Machine()
    {
        Token first = Take();
        var machine = new MachineDeclaration();
        bool good = Items("a machine item", s_machineItems, item =>
        {
            switch (item.Text)
            {
                case "on":
                    return KernelName("a machine's name") is { } name && Set(machine = machine with { On = name });
                case "arch":
                    return Word(Words.Architectures, "an architecture") is { } arch && Set(machine = machine with { Architecture = arch });
                case "ram":
                    return Number("RAM", 16 << 20, HighestRam) is { } ram && Set(machine = machine with { Ram = ram });
                case "line":
                    return PowerOfTwo("the cache line", 16, 2048) is { } line && Set(machine = machine with { Line = Narrow(line) });
                case "swiotlb":
                    return Swiotlb() is { } swiotlb && Set(machine = machine with { Swiotlb = swiotlb });
                case "encryption":
                    return Word(Words.Encryptions, "an encryption") is { } encryption && Set(machine = machine with { Encryption = encryption });
                case "cpus":
                    return Number("the number of CPUs", 1, 4096) is { } cpus
                        && Set(machine = machine with { Cpus = new Located<int>((int)Math.Min(cpus.Value, 4096)) { Span = cpus.Span } });
                default:
                    return PowerOfTwo("the page size", 4096, 65536) is { } page && Set(machine = machine with { Page = Narrow(page) });
            }
        });
        return good ? machine with { Span = From(first) } : null;
    }

    private DeviceDeclaration? Device()
    {
        Token first = Take();
        if (DeclaredName() is not { } name)
            return null;
        _devices.Add(name.Text);
        var device = new DeviceDeclaration(name);
        if (TakeSign(";"))
            return device with { Span = From(first) };
        bool good = Items("a device item", s_deviceItems, item =>
        {
            switch (item.Text)
            {
                case "dma_mask":
                    return Mask("dma_mask") is { } mask && Set(device = device with { DmaMask = mask });
                case "coherent_mask":
                    return Mask("coherent_mask") is { } coherentMask && Set(device = device with { CoherentMask = coherentMask });
                case "coherent" or "noncoherent":
                    if (device.Coherent is not null)
                        _diagnostics.Error(DiagnosticIds.Contradiction, item.Span, "a device is either coherent or noncoherent");
                    return Set(device = device with { Coherent = new Located<bool>(item.Text == "coherent") { Span = item.Span } });
                case "bus_limit":
                    return Number("bus_limit", 1) is { } limit && Set(device = device with { BusLimit = limit });
                case "dma_range":
                    return Range(item) is { } range && Set(device = device with { Ranges = device.Ranges.Add(range) });
                case "min_align_mask":
                    return LowMask("min_align_mask", uint.MaxValue) is { } align && Set(device = device with { MinAlignMask = Narrow(align) });
                case "max_seg":
                    return Number("max_seg", 1, uint.MaxValue) is { } seg && Set(device = device with { MaxSegment = Narrow(seg) });
                case "boundary":
                    return LowMask("boundary", ulong.MaxValue) is { } boundary && Set(device = device with { Boundary = boundary });
                case "force_bounce":
                    return Set(device = device with { ForceBounce = new Located<bool>(!TakeWord("no")) { Span = From(item) } });
                case "restricted_pool":
                    return Number("restricted_pool", 4096, 1UL << 32) is { } pool && Set(device = device with { RestrictedPool = pool });
                case "untrusted":
                    return Set(device = device with { Untrusted = new Located<bool>(true) { Span = item.Span } });
                default:
                    _diagnostics.Error(DiagnosticIds.NotSupported, item.Span, "devices behind an IOMMU cannot be checked yet", "leave 'iommu' out: the device then goes through dma-direct");
                    return true;
            }
        });
        return good ? device with { Span = From(first) } : null;
    }

    // '{ item; item; … }'; the last ';' may be left out.
    private bool Items(string what, string[] known, Func<Token, bool> read)
    {
        if (!NeedSign("{"))
            return false;
        var seen = new HashSet<string>();
        int count = 0;
        while (!TakeSign("}"))
        {
            Token item = Current;
            if (item.Kind != TokenKind.Word)
            {
                Unexpected($"{what} or '}}'");
                return SkipBlock();
            }

            if (++count > MostItems)
            {
                _diagnostics.Error(DiagnosticIds.TooMuch, item.Span, $"more than {MostItems} items");
                return SkipBlock();
            }

            bool good;
            if (!known.Contains(item.Text))
            {
                UnknownWord(what, known);
                good = false;
            }
            else
            {
                if (!seen.Add(item.Text) && item.Text != "dma_range")
                    _diagnostics.Error(DiagnosticIds.GivenTwice, item.Span, $"{item.Shown} is given twice");
                _at++;
                good = read(item);
            }

            if (good && (TakeSign(";") || Current.IsSign("}")))
                continue;
            if (good)
                Unexpected("';' or '}'");
            while (!Current.IsSign(";") && !Current.IsSign("}") && !Current.IsSign("{") && Current.Kind != TokenKind.End)
                _at++;
            TakeSign(";");
            if (Current.Kind == TokenKind.End || Current.IsSign("{"))
                return SkipBlock();
        }

        return true;
    }

    private bool SkipBlock()
    {
        while (Current.Kind != TokenKind.End && !Current.IsSign("}"))
            _at++;
        if (Current.Kind == TokenKind.End)
            Unexpected("'}'");
        TakeSign("}");
        return true; // whatever was wrong is reported; what follows is read normally
    }

    private BufferDeclaration? Buffer()
    {
        Token first = Take();
        if (DeclaredName() is not { } name || !NeedSign("="))
            return null;
        if (Current.Kind != TokenKind.Word || !Words.BufferKinds.TryGetValue(Current.Text, out BufferKind kind))
        {
            UnknownWord("a kind of memory", Words.BufferKinds.Keys);
            return null;
        }

        _at++;
        if (!NeedSign("("))
            return null;
        Located<HeapKind>? heap = null;
        if (kind == BufferKind.Heap)
        {
            heap = Word(Words.Heaps, "a heap");
            if (heap is null || !NeedSign(","))
                return null;
        }

        if (Number("the size", 1, LargestBuffer) is not { } size || !NeedSign(")"))
            return null;
        var buffer = new BufferDeclaration(name, kind, size) { Heap = heap };
        while (!Current.IsSign(";"))
        {
            Token option = Current;
            if (option.Kind != TokenKind.Word || !s_bufferOptions.Contains(option.Text))
            {
                if (option.Kind == TokenKind.Word && !StartsLine(option.Span.Start))
                    UnknownWord("a buffer option", s_bufferOptions);
                else if (NeedSemicolon())
                    return buffer with { Span = From(first) };
                return null;
            }

            _at++;
            if (BufferOption(buffer, option) is not { } changed)
                return null;
            buffer = changed;
        }

        _at++;
        return buffer with { Span = From(first) };
    }

    private BufferDeclaration? BufferOption(BufferDeclaration buffer, Token option)
    {
        switch (option.Text)
        {
            case "offset":
                if (buffer.Offset is not null)
                    _diagnostics.Error(DiagnosticIds.GivenTwice, option.Span, "'offset' is given twice");
                return Number("the offset", 0, LargestBuffer) is { } offset ? buffer with { Offset = offset } : null;
            case "entries":
                if (buffer.Kind != BufferKind.Heap)
                    _diagnostics.Error(DiagnosticIds.Contradiction, option.Span, "only heap buffers have entries");
                return Number("the entry size", 4096, 1 << 30) is { } entry ? buffer with { EntrySize = entry } : null;
            case "with":
                return NeighbourOf() is { } neighbour ? buffer with { Neighbours = buffer.Neighbours.Add(neighbour with { Span = From(option) }) } : null;
            case "fields":
                return FieldsOf(buffer);
        }

        if (buffer.Placement is not null)
            _diagnostics.Error(DiagnosticIds.GivenTwice, option.Span, "a buffer has one place");
        switch (option.Text)
        {
            case "in":
                return Word(Words.Zones, "a zone") is { } zone
                    ? buffer with { Placement = new Placement(PlacementKind.InZone) { Zone = zone, Span = From(option) } } : null;
            case "beside":
                return UsedName("a buffer") is { } other
                    ? buffer with { Placement = new Placement(PlacementKind.Beside) { Other = other, Span = From(option) } } : null;
            default:
                PlacementKind kind = option.Text switch { "above" => PlacementKind.Above, "below" => PlacementKind.Below, _ => PlacementKind.At };
                return Number("an address", 0, buffer.Kind == BufferKind.Mmio ? 1UL << 52 : HighestRam) is { } address
                    ? buffer with { Placement = new Placement(kind) { Address = address, Span = From(option) } } : null;
        }
    }

    private Neighbour? NeighbourOf()
    {
        if (!NeedWord("neighbour") || DeclaredName() is not { } name || Number("the neighbour's size", 1, 1 << 20) is not { } size)
            return null;
        TakeWord("bytes");
        if (TakeWord("before"))
            return new Neighbour(name, size, Before: true);
        if (TakeWord("after"))
            return new Neighbour(name, size, Before: false);
        Unexpected("'before' or 'after'", ["before", "after"]);
        return null;
    }

    private BufferDeclaration? FieldsOf(BufferDeclaration buffer)
    {
        if (!NeedSign("{"))
            return null;
        var fields = buffer.Fields.ToBuilder();
        while (!TakeSign("}"))
        {
            Token first = Current;
            if (DeclaredName() is not { } name || Number("the first byte of a field") is not { } start || !NeedSign("..") || Number("the end of a field") is not { } end)
                return null;
            if (end.Value <= start.Value || end.Value > buffer.Size.Value)
                _diagnostics.Error(DiagnosticIds.BadRange, SourceSpan.Between(start.Span, end.Span), $"'{buffer.Name}' of {NumberText.Size(buffer.Size.Value)} bytes has no bytes {start.Value}..{end.Value}");
            if (s_methods.Contains(name.Text))
                _diagnostics.Error(DiagnosticIds.ReservedName, name.Span, $"'{name}' cannot be a field: it is an access");
            if (fields.Any(f => f.Name.Text == name.Text))
                _diagnostics.Error(DiagnosticIds.DeclaredTwice, name.Span, $"the field '{name}' is declared twice");
            if (fields.Count >= MostItems)
            {
                _diagnostics.Error(DiagnosticIds.TooMuch, name.Span, $"more than {MostItems} fields");
                return null;
            }

            fields.Add(new BufferField(name, start.Value, end.Value) { Span = From(first) });
            if (!TakeSign(";") && !Current.IsSign("}"))
            {
                Unexpected("';' or '}'");
                return null;
            }
        }

        return buffer with { Fields = fields.ToImmutable() };
    }

    private ListDeclaration? List()
    {
        Token first = Take();
        if (DeclaredName() is not { } name || !NeedSign("=") || !NeedSign("{"))
            return null;
        var entries = ImmutableArray.CreateBuilder<Place>();
        do
        {
            if (Place() is not { } entry)
                return null;
            entries.Add(entry);
        }
        while (TakeSign(","));
        return NeedSign("}") && NeedSemicolon() ? new ListDeclaration(name, entries.ToImmutable()) { Span = From(first) } : null;
    }

    private Located<string>? Swiotlb()
    {
        Token token = Current;
        if (token.Kind == TokenKind.String || (token.Kind == TokenKind.Word && token.Text is "force" or "noforce"))
        {
            _at++;
            return new Located<string>(token.Text) { Span = token.Span };
        }

        if (token.Kind != TokenKind.Number)
        {
            Unexpected("a pool size, force, noforce, or the text after 'swiotlb=' in double quotes", ["force", "noforce"]);
            return null;
        }

        if (Number("the pool", 2048, 1UL << 40) is not { } size)
            return null;
        if (size.Value % 2048 != 0)
            _diagnostics.Error(DiagnosticIds.OutOfRange, size.Span, "the pool is made of slots of 2K", "use a multiple of 2K");
        return new Located<string>((size.Value / 2048).ToString(CultureInfo.InvariantCulture)) { Span = size.Span };
    }

    private Located<ulong>? Mask(string what)
    {
        Token token = Current;
        if (token.Kind != TokenKind.Number)
        {
            Unexpected("a number of bits or a mask");
            return null;
        }

        _at++;
        if (token.Value <= 64)
            return new Located<ulong>(DmaMask.Bits((int)token.Value)) { Span = token.Span };
        if ((token.Value & (token.Value + 1)) != 0)
            _diagnostics.Error(DiagnosticIds.OutOfRange, token.Span, $"{what} is all ones up to its highest bit; {token.Text} is not");
        return new Located<ulong>(token.Value) { Span = token.Span };
    }

    private Located<ulong>? LowMask(string what, ulong most)
    {
        if (Number(what, 0, most) is not { } mask)
            return null;
        if ((mask.Value & unchecked(mask.Value + 1)) != 0)
            _diagnostics.Error(DiagnosticIds.OutOfRange, mask.Span, $"{what} is all ones up to its highest bit; {NumberText.Hex(mask.Value)} is not");
        return mask;
    }

    private Located<ulong>? PowerOfTwo(string what, ulong least, ulong most)
    {
        if (Number(what, least, most) is not { } number)
            return null;
        if (!ulong.IsPow2(number.Value))
            _diagnostics.Error(DiagnosticIds.OutOfRange, number.Span, $"{what} is a power of two");
        return number;
    }

    private Located<DmaRange>? Range(Token first)
    {
        if (!NeedWord("cpu") || Number("a CPU address") is not { } cpu || !NeedWord("dma") || Number("a DMA address") is not { } dma
            || !NeedWord("size") || Number("the size of a window", 1) is not { } size)
        {
            return null;
        }

        if (size.Value - 1 > ulong.MaxValue - Math.Max(cpu.Value, dma.Value))
        {
            _diagnostics.Error(DiagnosticIds.OutOfRange, size.Span, "the window reaches past the last address");
            return null;
        }

        return new Located<DmaRange>(new DmaRange(new PhysicalAddress(cpu.Value), new DmaAddress(dma.Value), size.Value)) { Span = From(first) };
    }

    private Located<T>? Word<T>(Dictionary<string, T> words, string what)
    {
        if (Current.Kind == TokenKind.Word && words.TryGetValue(Current.Text, out T? value))
            return new Located<T>(value) { Span = Take().Span };
        UnknownWord(what, words.Keys);
        return null;
    }

    private static Located<uint> Narrow(Located<ulong> number) => new((uint)Math.Min(number.Value, uint.MaxValue)) { Span = number.Span };

    private static bool Set(object _) => true;
}
