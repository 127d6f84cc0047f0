using System.Globalization;

namespace Handoff.Tracing.Capture;

/// <summary>A ring buffer of our own in tracefs, with the events of the DMA API; it disappears with this object, and nobody else's settings were touched.</summary>
internal sealed class TraceInstance : IDisposable
{
    private const string Prefix = "handoff-";

    /// <summary>Groups of events that are of interest, as far as a kernel has them.</summary>
    internal static readonly string[] Groups = ["dma", "swiotlb", "dma_buf"];

    private readonly CaptureSystem _system;
    private bool _removed;

    private TraceInstance(CaptureSystem system, string tracing, string name)
    {
        _system = system;
        Tracing = tracing;
        Path = $"{tracing}/instances/{name}";
    }

    /// <summary>Directory of tracefs.</summary>
    internal string Tracing { get; }

    /// <summary>Directory of this ring buffer.</summary>
    internal string Path { get; }

    /// <summary>The clock chosen.</summary>
    internal string Clock { get; private set; } = "local";

    /// <summary>Groups of events that were enabled.</summary>
    internal IReadOnlyList<string> Enabled { get; private set; } = [];

    /// <summary>Makes it. Events are not enabled yet.</summary>
    /// <param name="system">The machine.</param>
    /// <param name="bytesPerCpu">Size of the buffer of each processor.</param>
    /// <exception cref="CaptureException">The kernel refuses.</exception>
    internal static TraceInstance Create(CaptureSystem system, long bytesPerCpu)
    {
        string tracing = system.FindTracing();
        RemoveForgotten(system, tracing);
        var instance = new TraceInstance(system, tracing, system.IsReal ? Prefix + Environment.ProcessId.ToString(CultureInfo.InvariantCulture) : "handoff");
        try
        {
            Directory.CreateDirectory(system.PathOf(instance.Path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CaptureException("HT0604", $"the kernel makes no ring buffer: {e.Message}", "in a container or under lockdown tracing may be forbidden");
        }

        try
        {
            // One clock for all processors: events of several can be put in order then.
            string clocks = system.Read($"{instance.Path}/trace_clock");
            if (clocks.Split(' ', '\n').Any(static clock => clock.Trim('[', ']') == "mono"))
            {
                instance.Write("trace_clock", "mono");
                instance.Clock = "mono";
            }

            instance.Write("buffer_size_kb", Math.Max(bytesPerCpu >> 10, 1).ToString(CultureInfo.InvariantCulture));
            return instance;
        }
        catch
        {
            instance.Dispose();
            throw;
        }
    }

    /// <summary>Enables the events.</summary>
    internal void Start()
    {
        string[] groups = [.. Groups.Where(group => _system.HasDirectory($"{Tracing}/events/{group}"))];
        foreach (string group in groups)
            Write($"events/{group}/enable", "1");
        Write("tracing_on", "1");
        Enabled = groups;
    }

    /// <summary>Ends the recording; what is in the buffer stays to be read.</summary>
    internal void Stop()
    {
        Write("tracing_on", "0");
        foreach (string group in Enabled)
            Write($"events/{group}/enable", "0");
        Enabled = [];
    }

    /// <summary>Why it could not be removed; <see langword="null"/> if it was.</summary>
    internal string? Leftover { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_removed)
            return;
        _removed = true;
        try
        {
            if (Enabled.Count > 0)
                Stop();
        }
        catch (CaptureException)
        {
            // Removing it ends everything, too.
        }

        if (_system.IsReal)
            Leftover = Remove(_system, Path);
    }

    // Of a run that was killed: the kernel would go on recording into it for ever.
    private static void RemoveForgotten(CaptureSystem system, string tracing)
    {
        if (!system.IsReal)
            return;
        foreach (string name in system.Names($"{tracing}/instances"))
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int process) && !Directory.Exists($"/proc/{process}"))
                Remove(system, $"{tracing}/instances/{name}");
        }
    }

    private static string? Remove(CaptureSystem system, string path)
    {
        try
        {
            Directory.Delete(system.PathOf(path)); // rmdir: the kernel removes what is in it
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{system.PathOf(path)} cannot be removed: {e.Message}";
        }
    }

    private void Write(string name, string text)
    {
        string path = _system.PathOf($"{Path}/{name}");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(text));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CaptureException("HT0604", $"the kernel refuses {text} for {name}: {e.Message}", name == "buffer_size_kb" ? "a smaller --buffer-size may fit into memory" : "under lockdown tracing is forbidden");
        }
    }
}
