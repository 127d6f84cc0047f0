namespace Handoff.Cli.Tests.Traces;

/// <summary>The recordings that verbs are tried on.</summary>
internal static class TraceFiles
{
    /// <summary>A version-7 trace.dat of an arm64 machine: 32,020 events.</summary>
    public static string Dat { get; } = Path.Combine(Shipped, "arm64-nc-small", "trace.dat");

    /// <summary>The same as packed text.</summary>
    public static string Text { get; } = Path.Combine(Shipped, "arm64-nc-small", "trace.txt.zst");

    /// <summary>The same as trace.dat of version 6, packed.</summary>
    public static string Six { get; } = Path.Combine(Shipped, "arm64-nc-small", "trace.v6.dat.zst");

    /// <summary>Text of an x86 machine whose bounce pool is too small: 16,463 events.</summary>
    public static string Failing { get; } = Path.Combine(Shipped, "x86-force-512", "trace.txt.zst");

    /// <summary>Where the shipped recordings are.</summary>
    public static string Shipped => Path.Combine(AppContext.BaseDirectory, "Recordings");

    /// <summary>Every recording at hand, of one that is there in several formats the first of the names.</summary>
    public static TheoryData<string> All(params string[] names)
    {
        var data = new TheoryData<string>();
        string? more = Environment.GetEnvironmentVariable("HANDOFF_RECORDINGS");
        foreach (string root in more is { Length: > 0 } ? [Shipped, more] : (string[])[Shipped])
        {
            foreach (string directory in Directory.GetDirectories(root).Order(StringComparer.Ordinal))
            {
                if (names.Select(name => Path.Combine(directory, name)).FirstOrDefault(File.Exists) is { } file)
                    data.Add(file);
            }
        }

        return data;
    }
}
