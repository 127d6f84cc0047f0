using System.Runtime.ExceptionServices;

namespace Handoff.Tracing.Recordings;

/// <summary>
/// Reads a recording on a thread of its own, a few batches ahead of whoever works on the events. Their order is the reader's. Until the end
/// nobody else may use the reader, but for the names of what a batch holds.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    private const int Batches = 6; // at most, one of them in the hands of the reader and one in those of the worker

    private readonly RecordingReader _reader;
    private readonly CancellationToken _cancellation;
    private readonly Thread? _thread; // none where there is only one processor
    private readonly Queue<EventBatch> _full = new(Batches); // guarded by itself, as all that follows
    private readonly Stack<EventBatch> _spare = new(Batches);
    private EventBatch? _taken;
    private int _made;
    private bool _ended; // nothing more will be read
    private bool _stopped; // nobody wants more
    private ExceptionDispatchInfo? _problem;

    /// <summary>Begins to read.</summary>
    /// <param name="reader">An open recording at its beginning.</param>
    /// <param name="processors">How many there are; 0 for those of this machine.</param>
    /// <param name="cancellation">Ends the reading between two batches, as if the recording ended there.</param>
    public ReadAhead(RecordingReader reader, int processors = 0, CancellationToken cancellation = default)
    {
        _reader = reader;
        _cancellation = cancellation;
        if ((processors == 0 ? Environment.ProcessorCount : processors) == 1)
            return;
        _thread = new Thread(Run) { IsBackground = true, Name = "reads ahead" };
        _thread.Start();
    }

    /// <summary>Whether the reading was ended before the recording was.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>The next events; <see langword="null"/> at the end. Those taken before are overwritten.</summary>
    public EventBatch? Take()
    {
        if (_thread is null)
            return TakeDirectly();
        lock (_full)
        {
            if (_taken is { } done)
            {
                _spare.Push(done);
                Monitor.PulseAll(_full);
            }

            while (_full.Count == 0 && !_ended)
                Monitor.Wait(_full);
            _taken = _full.TryDequeue(out EventBatch? batch) ? batch : null;
            if (_taken is null)
                _problem?.Throw();
            return _taken;
        }
    }

    /// <summary>Ends the reading.</summary>
    public void Dispose()
    {
        if (_thread is null)
            return;
        lock (_full)
        {
            _stopped = true;
            Monitor.PulseAll(_full);
        }

        _thread.Join();
    }

    private EventBatch? TakeDirectly()
    {
        EventBatch batch = _taken ??= new EventBatch();
        if (_ended || IsCancelled())
            return null;
        _ended = !batch.Fill(_reader);
        return batch.Count > 0 ? batch : null;
    }

    private bool IsCancelled() => IsInterrupted = _cancellation.IsCancellationRequested;

    private void Run()
    {
        try
        {
            bool more = true;
            while (more && NextSpare() is { } batch)
            {
                more = batch.Fill(_reader);
                lock (_full)
                {
                    if (batch.Count > 0)
                        _full.Enqueue(batch);
                    Monitor.PulseAll(_full);
                }
            }
        }
#pragma warning disable CA1031 // whatever it is, the thread that works on the events is told
        catch (Exception problem)
#pragma warning restore CA1031
        {
            _problem = ExceptionDispatchInfo.Capture(problem);
        }

        lock (_full)
        {
            _ended = true;
            Monitor.PulseAll(_full);
        }
    }

    private EventBatch? NextSpare()
    {
        if (IsCancelled())
            return null;
        lock (_full)
        {
            if (_made < Batches && _spare.Count == 0)
            {
                _made++;
                return new EventBatch();
            }

            while (_spare.Count == 0 && !_stopped)
                Monitor.Wait(_full);
            return _stopped ? null : _spare.Pop();
        }
    }
}
