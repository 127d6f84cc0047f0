using System.Globalization;
using System.Text;
using ZstdSharp;

namespace Handoff.Tracing.Writing;

/// <summary>Writes trace.dat of version 7, compressed with zstd. Memory does not grow with the number of events.</summary>
/// <param name="contents">Everything but the events.</param>
/// <param name="spool">Directory for what has been added; <see langword="null"/> for the system's place for temporary files.</param>
internal sealed class TraceDatWriter(TraceDatContents contents, string? spool = null) : IDisposable
{
    private const int Level = 3;
    private const int MostPagesPerChunk = 32;
    private const int MostHeld = 64 << 20; // bytes of chunks of all CPUs that are not full
    private const int ManyCpus = 64; // from here on memory counts more than the last per cent of compression

    // Names of sections, as trace-cmd gives them; a section's string id is the offset of its name.
    private static readonly (int Id, string Name)[] SectionNames =
    [
        (16, "headers"), (17, "ftrace events"), (18, "events"), (19, "kallsyms"), (20, "printk"), (21, "cmdlines"), (3, "buffer flyrecord"), (0, "options"), (15, "strings"),
    ];

    private readonly Compressor _compressor = new(Level);
    private readonly ChunkSpool _spool = new(spool);
    private readonly SortedDictionary<(int Instance, int Cpu), CpuPages> _cpus = [];
    private readonly ByteBuilder _sizes = new(contents.BigEndian);
    private CpuPages? _last;
    private long _held; // bytes of the pages of all CPUs, at most

    /// <summary>Events added.</summary>
    internal long Events => _cpus.Values.Sum(static cpu => cpu.Events);

    /// <summary>Adds a record; those of one CPU in their order.</summary>
    internal void Add(int instance, int cpu, ulong time, ReadOnlySpan<byte> record) => Cpu(instance, cpu).Add(time, record);

    /// <summary>Adds a page as the kernel made it; those of one CPU in their order.</summary>
    internal void AddPage(int instance, int cpu, ReadOnlySpan<byte> page, int events) => Cpu(instance, cpu).AddPage(page, events);

    /// <summary>Events of one CPU so far.</summary>
    internal long EventsOf(int instance, int cpu) => _cpus.TryGetValue((instance, cpu), out var pages) ? pages.Events : 0;

    /// <summary>Says how many events of a CPU were lost in all, where its pages say it already.</summary>
    internal void SetLost(int instance, int cpu, ulong count) => Cpu(instance, cpu).SetLost(count);

    /// <summary>Notes that events were lost.</summary>
    internal void AddLost(int instance, int cpu, ulong time, ulong count) => Cpu(instance, cpu).AddLost(time, count);

    /// <summary>Notes that all further events of a CPU are lost.</summary>
    internal void AddEnd(int instance, int cpu, ulong time) => Cpu(instance, cpu).AddEnd(time);

    /// <summary>Writes the file.</summary>
    /// <param name="output">A file that can seek, at its beginning.</param>
    internal void WriteTo(Stream output)
    {
        foreach (var cpu in _cpus.Values)
            cpu.Finish();
        var head = new ByteBuilder(contents.BigEndian);
        head.Raw([0x17, 0x08, 0x44]).Raw("tracing"u8).Text("7").Raw([contents.BigEndian ? (byte)1 : (byte)0, (byte)contents.LongSize]);
        head.U32((uint)contents.MachinePageSize).Text("zstd").Text("1.5.0");
        var firstOptions = head.Count;
        head.U64(0);
        output.Write(head.Written);

        var options = new ByteBuilder(contents.BigEndian);
        foreach (var (id, body) in Sections())
            Option(options, id, option => option.U64(Section(output, id, body, packed: true)));
        Option(options, 8, option => option.U32((uint)Math.Max(contents.Cpus, 1 + _cpus.Keys.Select(static key => key.Cpu).DefaultIfEmpty(0).Max())));
        Option(options, 4, option => option.Raw(Encoding.UTF8.GetBytes($"[{contents.Clock}]\0")));
        if (contents.Uname.Length > 0)
            Option(options, 5, option => option.Text(contents.Uname));
        Option(options, 9, option => option.Text(contents.Recorder));
        for (var instance = 0; instance < contents.Instances.Count; instance++)
            Buffer(output, options, instance);
        foreach (var cpu in _cpus.Values.Where(static cpu => cpu.Instance == 0))
            Option(options, 2, option => option.Text(string.Create(CultureInfo.InvariantCulture, $"CPU: {cpu.Cpu}\nentries: {cpu.Events}\noverrun: {cpu.Lost}\ndropped events: 0\n")));
        options.U16(0).U32(8).U64(0);
        var place = Section(output, 0, options.Written, packed: false);
        var names = new ByteBuilder(contents.BigEndian);
        foreach (var (_, name) in SectionNames)
            names.Text(name);
        Section(output, 15, names.Written, packed: false);
        output.Position = firstOptions;
        Span<byte> number = stackalloc byte[8];
        head.Put(number, place);
        output.Write(number);
        output.Position = output.Length;
    }

    public void Dispose()
    {
        _compressor.Dispose();
        _spool.Dispose();
    }

    private CpuPages Cpu(int instance, int cpu)
    {
        if (_last is { } last && last.Cpu == cpu && last.Instance == instance)
            return last;
        int pagesPerChunk = contents.Cpus <= ManyCpus ? Math.Clamp(MostHeld / 2 / Math.Max(contents.Cpus, 1) / contents.Shape.PageSize, 1, MostPagesPerChunk) : 1;
        if (!_cpus.TryGetValue((instance, cpu), out var pages))
        {
            pages = new CpuPages(contents.Shape, pagesPerChunk, _compressor, _spool, instance, cpu);
            _cpus.Add((instance, cpu), pages);
        }

        if (pages.Held == 0)
        {
            _held += contents.Shape.PageSize * pagesPerChunk;
            if (_held > MostHeld)
            {
                ReleaseAll();
                _held = contents.Shape.PageSize * pagesPerChunk;
            }
        }

        return _last = pages;
    }

    /// <summary>A damaged recording may have more CPUs, and larger pages, than any machine.</summary>
    private void ReleaseAll()
    {
        foreach (var cpu in _cpus.Values)
            cpu.Release();
    }

    private List<(int Id, byte[] Body)> Sections()
    {
        var big = contents.BigEndian;
        var headers = new ByteBuilder(big).Text("header_page").U64((ulong)contents.HeaderPage.Length).Raw(contents.HeaderPage);
        headers.Text("header_event").U64((ulong)contents.HeaderEvent.Length).Raw(contents.HeaderEvent);
        var ftrace = new ByteBuilder(big).U32((uint)contents.FtraceFormats.Count);
        Formats(ftrace, contents.FtraceFormats);
        var events = new ByteBuilder(big).U32((uint)contents.Systems.Count);
        foreach (var (name, formats) in contents.Systems)
        {
            events.Text(name).U32((uint)formats.Count);
            Formats(events, formats);
        }

        var symbols = new ByteBuilder(big).U32((uint)contents.Symbols.Length).Raw(contents.Symbols.Span);
        var printk = new ByteBuilder(big).U32((uint)contents.PrintkFormats.Length).Raw(contents.PrintkFormats);
        var lines = new ByteBuilder(big);
        foreach (var (pid, name) in contents.Tasks)
            lines.Raw(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid} "))).Raw(name).Raw("\n"u8);
        var tasks = new ByteBuilder(big).U64((ulong)lines.Count).Raw(lines.Written);
        return
        [
            (16, headers.Written.ToArray()), (17, ftrace.Written.ToArray()), (18, events.Written.ToArray()), (19, symbols.Written.ToArray()),
            (20, printk.Written.ToArray()), (21, tasks.Written.ToArray()),
        ];
    }

    private static void Formats(ByteBuilder to, IReadOnlyList<byte[]> formats)
    {
        foreach (var format in formats)
            to.U64((ulong)format.Length).Raw(format);
    }

    private void Option(ByteBuilder options, int id, Action<ByteBuilder> write)
    {
        var body = new ByteBuilder(contents.BigEndian);
        write(body);
        options.U16(id).U32((uint)body.Count).Raw(body.Written);
    }

    /// <returns>Where the section begins.</returns>
    private ulong Section(Stream output, int id, ReadOnlySpan<byte> body, bool packed)
    {
        var place = (ulong)output.Position;
        if (!packed)
        {
            output.Write(Header(id, false, (ulong)body.Length));
            output.Write(body);
            return place;
        }

        var bytes = _compressor.Wrap(body);
        output.Write(Header(id, true, (ulong)bytes.Length + 8));
        _sizes.Clear();
        output.Write(_sizes.U32((uint)bytes.Length).U32((uint)body.Length).Written);
        output.Write(bytes);
        return place;
    }

    private ReadOnlySpan<byte> Header(int id, bool packed, ulong size)
    {
        uint name = 0;
        foreach (var section in SectionNames)
        {
            if (section.Id == id)
                break;
            name += (uint)section.Name.Length + 1;
        }

        _sizes.Clear();
        return _sizes.U16(id).U16(packed ? 1 : 0).U32(name).U64(size).Written;
    }

    private void Buffer(Stream output, ByteBuilder options, int instance)
    {
        var cpus = _cpus.Values.Where(cpu => cpu.Instance == instance).ToList();
        var place = (ulong)output.Position;
        output.Write(Header(3, true, (ulong)cpus.Sum(static cpu => cpu.PackedBytes + 4)));
        var body = new ByteBuilder(contents.BigEndian);
        body.U64(place).Text(contents.Instances[instance]).Text(contents.Clock).U32((uint)contents.Shape.PageSize).U32((uint)cpus.Count);
        foreach (var cpu in cpus)
        {
            // The size leaves out the count of chunks, as trace-cmd's does.
            body.U32((uint)cpu.Cpu).U64((ulong)output.Position).U64((ulong)cpu.PackedBytes);
            _sizes.Clear();
            output.Write(_sizes.U32((uint)cpu.Chunks.Count).Written);
            _spool.CopyTo(cpu.Chunks, output);
        }

        options.U16(3).U32((uint)body.Count).Raw(body.Written);
    }
}
