using System.Globalization;

namespace Handoff.Cli;

/// <summary>A moment of a recording as users write it: <c>12.5</c> or <c>12.5s</c> on its clock, <c>+300ms</c> after its first event.</summary>
internal readonly record struct TimeArgument
{
    private readonly ulong _nanoseconds;
    private readonly ulong? _ticks; // only a plain whole number can be ticks
    private readonly bool _relative;

    private TimeArgument(ulong nanoseconds, ulong? ticks, bool relative)
    {
        _nanoseconds = nanoseconds;
        _ticks = ticks;
        _relative = relative;
    }

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out TimeArgument time)
    {
        time = default;
        bool relative = text.StartsWith('+');
        string number = relative ? text[1..] : text;
        decimal unit = 1_000_000_000;
        foreach (var (ending, worth) in (ReadOnlySpan<(string, decimal)>)[("ms", 1_000_000), ("us", 1_000), ("µs", 1_000), ("ns", 1), ("s", 1_000_000_000)])
        {
            if (number.EndsWith(ending, StringComparison.Ordinal))
            {
                unit = worth;
                number = number[..^ending.Length];
                break;
            }
        }

        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) || value > ulong.MaxValue / unit)
            return false;
        ulong? ticks = ulong.TryParse(relative ? text[1..] : text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong whole) ? whole : null;
        time = new TimeArgument((ulong)(value * unit), ticks, relative);
        return true;
    }

    /// <summary>The moment on a recording's clock.</summary>
    /// <exception cref="UserErrorException">The clock counts ticks, and this is no number of them.</exception>
    public ulong On(bool clockIsNanoseconds, ulong firstTime)
    {
        ulong time = clockIsNanoseconds ? _nanoseconds : _ticks ?? throw new UserErrorException(ExitCode.Usage, "the recording's clock counts ticks, not seconds", "write times as whole numbers of ticks");
        return !_relative ? time : time > ulong.MaxValue - firstTime ? ulong.MaxValue : firstTime + time;
    }
}
