using System.Globalization;
using Handoff.Litmus.Language;
using Handoff.Litmus.Witnesses;
using Handoff.Reports.Text;

namespace Handoff.Reports.Check;

/// <summary>A story as swim lanes: the steps on the left, what memory and cache hold of each buffer and slot on the right.</summary>
internal sealed class StoryWriter
{
    private const string OldTenant = "old tenant"; // the checker's name for what an earlier owner left in a slot
    private const string OldTenantSign = "⟂";
    private const string NotCached = "–";
    private const string DirtySign = "●";
    private const int NarrowestText = 26; // below this, lanes go under the steps
    private const int Gap = 2;
    private const int LineColumn = 4;

    private readonly Story _story;
    private readonly SourceText _source;
    private readonly List<string> _cells = []; // lanes, in order of appearance
    private readonly List<(string Name, string Alias)> _slots = []; // slots by their addresses, and their short names

    public StoryWriter(Story story, SourceText source)
    {
        _story = story;
        _source = source;
        foreach (string name in story.Steps.SelectMany(step => step.Cells).Select(cell => cell.Name).Distinct())
        {
            _cells.Add(name);
            if (name.StartsWith("slot 0x", StringComparison.Ordinal))
                _slots.Add((name, $"slot {_slots.Count}"));
        }
    }

    /// <summary>Whether the story ends in its verdict; otherwise it was broken off.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>Writes the lanes and what their signs mean.</summary>
    public void Write(Ink ink, int width)
    {
        var lanes = _cells.Select(Lane).ToList();
        int text = width - LineColumn - Gap - lanes.Sum(lane => lane.Memory + lane.Cache + (2 * Gap));
        bool beside = text >= NarrowestText;
        if (beside)
            text = Math.Min(text, Math.Max(NarrowestText, _story.Steps.Max(step => TextWidth.Of(TextOf(step)))));
        else
            text = width - LineColumn - Gap;

        if (beside)
            WriteHeadings(ink, lanes, text);
        IReadOnlyList<StoryCell> before = [];
        for (int index = 0; index < _story.Steps.Count; index++)
        {
            var step = _story.Steps[index];
            bool last = IsWhole && index == _story.Steps.Count - 1;
            string line = step.Span == default ? "" : _source.LineOf(step.Span).ToString(CultureInfo.InvariantCulture);
            var words = new List<(string Text, Tone Tone)>();
            foreach (string part in TextWidth.Wrap(TextOf(step), text))
                words.Add((part, last ? VerdictText.ToneOf(_story.Verdict) : step.Actor == "cache" ? Tone.Unknown : Tone.Plain));
            foreach (string part in TextWidth.Wrap(step.Reason is { } reason ? $"→ {reason}" : "", text))
                words.Add((part, Tone.Warning));
            if (last)
                words.Add(($"✗ {VerdictText.Name(_story.Verdict)}", VerdictText.ToneOf(_story.Verdict)));

            for (int row = 0; row < words.Count; row++)
            {
                ink.Write(row == 0 ? line.PadLeft(LineColumn) : new string(' ', LineColumn), Tone.Muted).Write(new string(' ', Gap)).Write(words[row].Text, words[row].Tone);
                if (row == 0 && beside)
                    WriteState(ink, lanes, before, step.Cells, text - TextWidth.Of(words[row].Text));
                ink.WriteLine();
            }

            if (!beside)
                WriteChanges(ink, width, before, step.Cells);
            before = step.Cells;
        }

        WriteLegend(ink, width);
    }

    private (string Name, int Memory, int Cache) Lane(string name)
    {
        int memory = "DRAM".Length, cache = "cache".Length;
        foreach (var cell in _story.Steps.SelectMany(step => step.Cells).Where(cell => cell.Name == name))
        {
            memory = Math.Max(memory, TextWidth.Of(MemoryOf(cell)));
            cache = Math.Max(cache, TextWidth.Of(CacheOf(cell)));
        }

        return (name, memory, cache);
    }

    private void WriteHeadings(Ink ink, List<(string Name, int Memory, int Cache)> lanes, int text)
    {
        foreach (bool names in (bool[])[true, false])
        {
            ink.Write(names ? "line".PadLeft(LineColumn) : new string(' ', LineColumn), Tone.Muted);
            int owed = Gap + text;
            foreach (var (name, memory, cache) in lanes)
            {
                owed += Gap;
                if (names)
                {
                    string shown = TextWidth.Fit(Short(name), memory + Gap + cache);
                    ink.Write(new string(' ', owed)).Write(shown, Tone.Strong);
                    owed = memory + Gap + cache - TextWidth.Of(shown);
                }
                else
                {
                    ink.Write(new string(' ', owed)).Write("DRAM".PadRight(memory + Gap), Tone.Muted).Write("cache", Tone.Muted);
                    owed = cache - "cache".Length;
                }
            }

            ink.WriteLine();
        }
    }

    private static void WriteState(
        Ink ink, List<(string Name, int Memory, int Cache)> lanes, IReadOnlyList<StoryCell> before, IReadOnlyList<StoryCell> after, int owed)
    {
        foreach (var (name, memory, cache) in lanes)
        {
            owed += Gap;
            if (after.FirstOrDefault(cell => cell.Name == name) is not { } now)
            {
                owed += memory + Gap + cache;
                continue;
            }

            var was = before.FirstOrDefault(cell => cell.Name == name);
            Put(MemoryOf(now), memory, was is null || MemoryOf(was) != MemoryOf(now));
            owed += Gap;
            Put(CacheOf(now), cache, was is null || CacheOf(was) != CacheOf(now));
        }

        void Put(string value, int columns, bool changed)
        {
            ink.Write(new string(' ', owed)).Write(value, changed ? Tone.Strong : Tone.Muted);
            owed = columns - TextWidth.Of(value);
        }
    }

    private void WriteChanges(Ink ink, int width, IReadOnlyList<StoryCell> before, IReadOnlyList<StoryCell> after)
    {
        foreach (var cell in after.Where(cell => !before.Contains(cell)))
        {
            string text = $"{Short(cell.Name)}: DRAM {MemoryOf(cell)}, cache {CacheOf(cell)}";
            foreach (string part in TextWidth.Wrap(text, width - LineColumn - (2 * Gap)))
                ink.Write(new string(' ', LineColumn + (2 * Gap))).WriteLine(part, Tone.Muted);
        }
    }

    private void WriteLegend(Ink ink, int width)
    {
        var signs = new List<string>();
        var cells = _story.Steps.SelectMany(step => step.Cells).ToList();
        if (cells.Any(cell => cell.Dram == OldTenant || cell.Cache == OldTenant))
            signs.Add($"{OldTenantSign} what an earlier owner left");
        if (cells.Any(cell => cell.Dirty))
            signs.Add($"{DirtySign} dirty: not in DRAM yet");
        if (cells.Any(cell => cell.Cache is null))
            signs.Add($"{NotCached} not cached");
        signs.AddRange(_slots.Select(slot => $"{slot.Alias} at {slot.Name[5..]}"));
        if (signs.Count == 0)
            return;
        ink.WriteLine();
        foreach (string line in TextWidth.Wrap(string.Join(" · ", signs), width - LineColumn - Gap))
            ink.Write(new string(' ', LineColumn + Gap)).WriteLine(line, Tone.Muted);
    }

    private string TextOf(StoryStep step)
    {
        string text = step.Text;
        foreach (var (name, alias) in _slots)
            text = text.Replace(name, alias, StringComparison.Ordinal);
        return step.Actor switch
        {
            "cpu" => text,
            "cache" => $"the cache {text}",
            var actor => $"{actor}: {text}",
        };
    }

    private string Short(string name) => _slots.FirstOrDefault(slot => slot.Name == name).Alias ?? name;

    private static string MemoryOf(StoryCell cell) => Version(cell.Dram);

    private static string CacheOf(StoryCell cell) => cell.Cache is null ? NotCached : Version(cell.Cache) + (cell.Dirty ? DirtySign : "");

    private static string Version(string name) => name == OldTenant ? OldTenantSign : name;
}
