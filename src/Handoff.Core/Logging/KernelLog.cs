namespace Handoff.Logging;

/// <summary>What the kernel would print, with its rate limit and its once-only warnings.</summary>
/// <remarks>Keeps the newest messages only. Thread-safe; nothing is formatted for a suppressed message.</remarks>
public sealed class KernelLog(TimeProvider? clock = null)
{
    private const int Kept = 1024;
    private const int Burst = 10;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly Queue<KernelMessage> _messages = new();
    private readonly HashSet<string> _once = [];
    private readonly Dictionary<string, (long Begin, int Printed)> _sites = [];

    /// <summary>Raised for every message that is printed, on the thread that causes it.</summary>
    public event Action<KernelMessage>? Printed;

    /// <summary>Messages that the rate limit swallowed.</summary>
    public long Suppressed { get; private set; }

    /// <summary>The newest messages, oldest first.</summary>
    public IReadOnlyList<KernelMessage> Messages
    {
        get
        {
            lock (_lock)
                return [.. _messages];
        }
    }

    /// <summary>Prints a line.</summary>
    public void Write(KernelLogLevel level, Device? device, string text)
    {
        var message = new KernelMessage(level, device?.Name, text);
        lock (_lock)
        {
            if (_messages.Count == Kept)
                _messages.Dequeue();
            _messages.Enqueue(message);
        }

        Printed?.Invoke(message);
    }

    /// <summary>Prints a line the first time a site asks.</summary>
    internal void WriteOnce(string site, KernelLogLevel level, Device? device, string text)
    {
        if (IsFirst(site))
            Write(level, device, text);
    }

    /// <summary>Whether a site asks for the first time, for texts that must be put together. Allocates nothing the other times.</summary>
    internal bool IsFirst(string site)
    {
        lock (_lock)
            return _once.Add(site);
    }

    /// <summary>Whether a site may print now: 10 messages in 5 seconds. Kernel: <c>___ratelimit()</c> with the defaults.</summary>
    internal bool Allows(string site)
    {
        lock (_lock)
        {
            long now = _clock.GetTimestamp();
            if (!_sites.TryGetValue(site, out var state) || _clock.GetElapsedTime(state.Begin, now) > Interval)
                state = (now, 0);
            bool allowed = state.Printed < Burst;
            _sites[site] = (state.Begin, state.Printed + (allowed ? 1 : 0));
            if (!allowed)
                Suppressed++;
            return allowed;
        }
    }
}
