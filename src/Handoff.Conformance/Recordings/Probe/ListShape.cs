namespace Handoff.Conformance.Recordings.Probe;

/// <summary>What the probe puts into one of its lists: sources of memory and lengths, both repeated cyclically.</summary>
/// <param name="Name">Name in the log.</param>
/// <param name="Entries">Number of entries.</param>
/// <param name="Sources"><c>l</c> below 4 GiB, <c>h</c> above, <c>k</c> kmalloc.</param>
/// <param name="Lengths">Bytes.</param>
internal sealed record ListShape(string Name, int Entries, string Sources, params int[] Lengths)
{
    /// <summary>The probe's lists. Needed where the log does not print entries: of failed maps none, of long lists only the first.</summary>
    public static ListShape? Find(string name) => Array.Find(s_all, s => s.Name == name);

    private static readonly ListShape[] s_all =
    [
        new("one-low", 1, "l", 4096),
        new("one-high", 1, "h", 4096),
        new("kmalloc-small", 8, "k", 16, 24, 40, 64, 100, 128, 192, 200),
        new("kmalloc-off", 8, "k", 16, 24, 40, 64, 100, 128, 192, 200),
        new("small-in-big", 4, "lkhl", 4096, 36, 4096, 512),
        new("mixed", 8, "lh", 4096, 4096, 2048, 8192),
        new("all-high-16", 16, "h", 4096),
        new("all-low-16", 16, "l", 4096),
        new("big-ok", 2, "lh", 4096, 262144),
        new("big-fail", 4, "lhhh", 4096, 4096, 524288, 4096),
        new("n127", 127, "hl", 512),
        new("n128", 128, "hl", 512),
        new("n129", 129, "hl", 512),
        new("n300", 300, "lllh", 4096),
    ];
}
