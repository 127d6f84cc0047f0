using Handoff.Tracing.Recordings.Input;
using Handoff.Tracing.Recordings.TraceDat;

namespace Handoff.Tracing.Recordings.Formats;

/// <summary>What trace.dat and perf.data say about the recorded kernel: formats, task names, printk formats.</summary>
internal sealed class RecordingMetadata(RecordingReader reader)
{
    private const int MaximumFormat = 4 << 20;

    private readonly List<EventFormat> _formats = [];
    private readonly Dictionary<int, int> _tasks = [];

    internal EventLayout?[] Layouts { get; } = new EventLayout?[ushort.MaxValue + 1];

    internal PrintkFormats PrintkFormats { get; } = new();

    internal List<FormatField> PageFields { get; private set; } = [];

    /// <summary>The <c>header_page</c> text as it is in the recording.</summary>
    internal byte[] HeaderPage { get; private set; } = [];

    /// <summary>The <c>header_event</c> text as it is in the recording.</summary>
    internal byte[] HeaderEvent { get; private set; } = [];

    /// <summary>Texts of the formats of ftrace's own events.</summary>
    internal List<byte[]> FtraceFormats { get; } = [];

    /// <summary>Texts of the formats of events, by group.</summary>
    internal List<(string Name, IReadOnlyList<byte[]> Formats)> Systems { get; } = [];

    internal KernelSymbols Symbols { get; set; } = new(static () => default);

    internal int LongSize { get; private set; } = 8;

    internal int TaskOf(int pid) => _tasks.GetValueOrDefault(pid);

    internal void SetTask(int pid, ReadOnlySpan<byte> name)
    {
        if (_tasks.Count < 1 << 20 || _tasks.ContainsKey(pid))
            _tasks[pid] = reader.Tasks.Intern(name);
    }

    /// <summary>A new task has its parent's name.</summary>
    internal void InheritTask(int pid, int parent)
    {
        if (_tasks.TryGetValue(parent, out var name) && (_tasks.Count < 1 << 20 || _tasks.ContainsKey(pid)))
            _tasks[pid] = name;
    }

    /// <summary>The <c>header_page</c> and <c>header_event</c> texts.</summary>
    internal bool ReadHeaders(ref Cursor cursor)
    {
        if (cursor.Text() != "header_page")
            return false;
        HeaderPage = cursor.Take(cursor.U64()).ToArray();
        PageFields = FormatText.Fields(HeaderPage);
        if (cursor.Failed || cursor.Text() != "header_event")
            return false;
        HeaderEvent = cursor.Take(cursor.U64()).ToArray();
        return !cursor.Failed;
    }

    /// <summary>The formats of ftrace's own events.</summary>
    internal bool ReadFtraceFormats(ref Cursor cursor)
    {
        var count = cursor.U32();
        for (uint i = 0; i < count && !cursor.Failed; i++)
            AddFormat(cursor.Take(cursor.U64()), cursor.Position, FtraceFormats);
        return !cursor.Failed;
    }

    /// <summary>The formats of all recorded event groups.</summary>
    internal bool ReadEventFormats(ref Cursor cursor)
    {
        var systems = cursor.U32();
        for (uint i = 0; i < systems && !cursor.Failed; i++)
        {
            var name = cursor.Text();
            var texts = new List<byte[]>();
            var events = cursor.U32();
            for (uint j = 0; j < events && !cursor.Failed; j++)
                AddFormat(cursor.Take(cursor.U64()), cursor.Position, texts);
            Systems.Add((name, texts));
        }

        return !cursor.Failed;
    }

    /// <summary>Task names: lines of a number and a name.</summary>
    internal void ReadTasks(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            var blank = line.IndexOf((byte)' ');
            if (blank > 0 && int.TryParse(line[..blank], System.Globalization.CultureInfo.InvariantCulture, out var pid))
                SetTask(pid, line[(blank + 1)..].TrimEnd((byte)0));
        }
    }

    /// <summary>To be called once all formats are read: settles the kernel's long size, then where each field lies.</summary>
    internal void Complete(int fallbackLongSize)
    {
        var longSize = 0;
        foreach (var f in PageFields)
        {
            if (f.Name == "commit" && f.Size is 4 or 8)
                longSize = f.Size;
        }

        LongSize = longSize != 0 ? longSize : fallbackLongSize is 4 or 8 ? fallbackLongSize : 8;
        foreach (var format in _formats)
        {
            var layout = EventLayout.From(format, LongSize, reader.EventNames);
            if (layout.MissingFields() is { } missing)
                reader.Bag.Warning("HT0110", -1, $"the format of {format.Name} has no field {missing}", "the event is shown without it");
            Layouts[format.Id] = layout;
        }

        if (_tasks.Count == 0 || !_tasks.ContainsKey(0))
            SetTask(0, "<idle>"u8);
    }

    private void AddFormat(ReadOnlySpan<byte> text, int position, List<byte[]> texts)
    {
        if (text.IsEmpty)
            return;
        var format = text.Length > MaximumFormat || _formats.Count > ushort.MaxValue ? null : FormatText.Parse(text);
        if (format is null)
            reader.Bag.Warning("HT0111", position, "an event format cannot be understood", "events of that type are counted as unknown");
        else
        {
            _formats.Add(format);
            texts.Add(text.ToArray());
        }
    }
}
