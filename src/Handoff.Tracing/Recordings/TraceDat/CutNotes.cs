using System.Diagnostics.CodeAnalysis;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>
/// The notes about CPUs whose data are cut. What is missing at their end is lost like events that the kernel lost: otherwise the releases of what other CPUs
/// mapped would seem never to have been made. One note says where a CPU's events end; behind the last event of all CPUs another one says that what came in
/// between is not the whole truth.
/// </summary>
internal sealed class CutNotes
{
    private readonly Queue<CpuStatistics> _ended = new(); // not told yet
    private readonly List<CpuStatistics> _told = []; // to be told again at the end
    private Queue<CpuStatistics>? _again;

    internal void Add(CpuStatistics cpu) => _ended.Enqueue(cpu);

    /// <summary>A CPU whose end the recording tells itself.</summary>
    internal void AddTold(CpuStatistics cpu) => _told.Add(cpu);

    /// <summary>The next CPU to tell of, if there is one now.</summary>
    /// <param name="more">Whether events follow.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="toEnd">Whether its events end here.</param>
    internal bool Next(bool more, [NotNullWhen(true)] out CpuStatistics? cpu, out bool toEnd)
    {
        toEnd = false;
        if (_ended.TryDequeue(out cpu))
        {
            toEnd = true;
            if (more)
                _told.Add(cpu);
            return true;
        }

        if (more)
            return false;
        _again ??= new Queue<CpuStatistics>(_told.OrderBy(static c => c.Instance).ThenBy(static c => c.Cpu));
        return _again.TryDequeue(out cpu);
    }
}
