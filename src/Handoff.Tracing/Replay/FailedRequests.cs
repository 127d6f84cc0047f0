namespace Handoff.Tracing.Replay;

/// <summary>Tells requests that keep failing from new ones: a driver that tries again asks for the same bytes within a second.</summary>
internal sealed class FailedRequests
{
    /// <summary>
    /// Longest pause between two attempts of one request, in nanoseconds. Block drivers try again after 3 to 10 ms; what comes later than
    /// this is a new request that happens to use the same buffer.
    /// </summary>
    public const ulong LongestPause = 1_000_000_000;

    private readonly Dictionary<FailedRequestKey, FailedRequest> _open = [];
    private readonly Queue<FailedRequest> _ageing = [];
    private long _last;

    /// <summary>Requests so far.</summary>
    public long Count => _last;

    /// <summary>Whether any request may still be tried again.</summary>
    public bool Any => _open.Count > 0;

    /// <summary>Notes a failed attempt.</summary>
    /// <returns>The request, and whether it failed before.</returns>
    public (FailedRequest Request, bool Retry) Attempt(FailedRequestKey key, ulong time)
    {
        if (_open.TryGetValue(key, out FailedRequest? known) && time - known.LastTime <= LongestPause)
        {
            known.LastTime = time;
            return (known, true);
        }

        var request = new FailedRequest(++_last, key) { LastTime = time };
        _open[key] = request;
        _ageing.Enqueue(request);
        return (request, false);
    }

    /// <summary>A map of these bytes went through: the request that failed before, if there is one, is served.</summary>
    /// <returns>Its number; 0 if there is none.</returns>
    public long Served(FailedRequestKey key, ulong time)
    {
        if (!_open.TryGetValue(key, out FailedRequest? request) || time - request.LastTime > LongestPause)
            return 0;
        _open.Remove(key);
        return request.Number;
    }

    /// <summary>Takes out one request that nobody asks for any more, if there is one.</summary>
    public bool TryExpire(ulong time, out long number)
    {
        while (_ageing.TryPeek(out FailedRequest? oldest) && time > oldest.LastTime && time - oldest.LastTime > LongestPause)
        {
            _ageing.Dequeue();
            bool isOpen = _open.TryGetValue(oldest.Key, out FailedRequest? open) && ReferenceEquals(open, oldest);
            if (isOpen)
                _open.Remove(oldest.Key);
            number = oldest.Number;
            return true;
        }

        number = 0;
        return false;
    }
}
