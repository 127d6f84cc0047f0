using System.Globalization;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>A line that a probe module logged on a real kernel: <c>HP kind key=value …</c>.</summary>
/// <param name="Recording">Where it was recorded.</param>
/// <param name="Architecture">The machine's architecture as the litmus language names it.</param>
/// <param name="Swiotlb">What the kernel was told about the bounce pool: a value of the litmus machine's <c>swiotlb</c>.</param>
/// <param name="Text">The line.</param>
internal sealed record ProbeLine(string Recording, string Architecture, string Swiotlb, string Text)
{
    /// <summary>What was probed: <c>single</c>, <c>partial</c>, <c>dmabuf</c> and so on.</summary>
    public string Kind => Text.Split(' ')[1];

    /// <summary>The value of a key.</summary>
    public string this[string key] => Find(key) ?? throw new KeyNotFoundException($"{key} in: {Text}");

    /// <summary>A mask, size or flag.</summary>
    public ulong Number(string key) => ulong.Parse(this[key], CultureInfo.InvariantCulture);

    /// <summary>The value of a key, or <see langword="null"/> if the line has none.</summary>
    public string? Find(string key) =>
        Text.Split(' ').FirstOrDefault(w => w.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..];

    /// <summary>Reads a file of lines with a comment before each group that says where they are from.</summary>
    /// <param name="path">The file.</param>
    /// <param name="heading">The word after <c>#</c> that begins such a comment.</param>
    public static List<List<ProbeLine>> ReadGroups(string path, string heading)
    {
        var groups = new List<List<ProbeLine>>();
        string[] about = [];
        foreach (string line in File.ReadLines(path))
        {
            if (line.StartsWith($"# {heading} ", StringComparison.Ordinal))
            {
                about = line.Split(' ')[2..];
                groups.Add([]);
            }
            else if (!line.StartsWith('#'))
            {
                string swiotlb = about[2]["swiotlb=".Length..];
                groups[^1].Add(new ProbeLine(about[0], about[1], swiotlb == "-" ? "64M" : swiotlb, line + string.Concat(about[3..].Select(w => " " + w))));
            }
        }

        return groups;
    }

    public override string ToString() => $"{Recording}: {Text}";
}
