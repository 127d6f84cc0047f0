using Handoff.Tracing.Recordings;

namespace Handoff.Reports.Dump;

/// <summary>Names of a table in the shape that an output wants them, made once each.</summary>
/// <param name="names">The names.</param>
/// <param name="shape">From a name's number to its bytes in the output.</param>
internal sealed class NameCache(NameTable names, Func<NameTable, int, byte[]> shape)
{
    private byte[]?[] _shaped = new byte[]?[64];

    /// <summary>The shaped name with a number.</summary>
    public byte[] this[int id] => (uint)id < (uint)_shaped.Length && _shaped[id] is { } known ? known : Make(id);

    private byte[] Make(int id)
    {
        if (id >= _shaped.Length)
            Array.Resize(ref _shaped, Math.Max(id + 1, _shaped.Length * 2));
        return _shaped[id] = shape(names, id);
    }
}
