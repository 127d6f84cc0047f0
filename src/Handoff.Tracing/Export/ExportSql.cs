using System.Globalization;
using System.Reflection;
using System.Text;

namespace Handoff.Tracing.Export;

/// <summary>Statements that make a dataset tables, for several engines, and views that all of them understand.</summary>
internal static class ExportSql
{
    /// <summary>The files, by name.</summary>
    /// <param name="directory">Where the dataset is.</param>
    internal static IEnumerable<(string Name, string Text)> Files(string directory)
    {
        yield return ("tables-duckdb.sql", DuckDb(directory));
        yield return ("tables-spark.sql", Spark(directory));
        yield return ("tables-trino.sql", Trino(directory));
        yield return ("views.sql", Views());
    }

    /// <summary>The views.</summary>
    internal static string Views()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Handoff.Tracing.Export.views.sql")!;
        using var text = new StreamReader(stream);
        return text.ReadToEnd();
    }

    private static string DuckDb(string directory)
    {
        var text = new StringBuilder("-- DuckDB: duckdb -init tables-duckdb.sql, then .read views.sql. After moving the dataset, change the paths.\n");
        foreach (string table in ExportDataset.Tables)
        {
            text.Append(CultureInfo.InvariantCulture, $"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet({Quote($"{WithoutWildcards(directory)}/{table}/*/*/*.parquet")}, ")
                .Append("hive_partitioning = true, hive_types = {'host': VARCHAR, 'boot': VARCHAR}, union_by_name = true);\n");
        }

        return text.ToString();
    }

    private static string Spark(string directory)
    {
        var text = new StringBuilder("-- Spark SQL: spark-sql -f tables-spark.sql, then -f views.sql. Again after new exports. After moving the dataset, change the paths.\nSET spark.sql.sources.partitionColumnTypeInference.enabled = false;\n");
        foreach (string table in ExportDataset.Tables)
        {
            text.Append(CultureInfo.InvariantCulture, $"DROP TABLE IF EXISTS {table};\nCREATE TABLE {table} USING parquet OPTIONS (path {QuoteForSpark($"file://{directory}/{table}")});\nMSCK REPAIR TABLE {table};\n");
        }

        return text.ToString();
    }

    private static string Trino(string directory)
    {
        var text = new StringBuilder("-- Trino with the Hive connector, in the schema of a catalog that reads these files: trino --catalog hive --schema default -f tables-trino.sql, then -f views.sql.\n");
        foreach (ExportTable table in Schema())
        {
            text.Append(CultureInfo.InvariantCulture, $"CREATE TABLE IF NOT EXISTS {table.Name} (\n");
            foreach (ExportColumn column in table.Columns)
                text.Append(CultureInfo.InvariantCulture, $"  {column.Column.Name} {column.SqlType},\n");
            text.Append("  host VARCHAR,\n  boot VARCHAR\n) WITH (format = 'PARQUET', partitioned_by = ARRAY['host', 'boot'], ")
                .Append(CultureInfo.InvariantCulture, $"external_location = {Quote($"file://{directory}/{table.Name}")});\nCALL system.sync_partition_metadata('default', '{table.Name}', 'FULL');\n");
            table.Dispose();
        }

        return text.ToString();
    }

    /// <summary>Every table without rows, for its columns.</summary>
    private static IEnumerable<ExportTable> Schema()
    {
        yield return new RecordingTable("");
        yield return new EventTable("");
        yield return new EntryTable("");
        yield return new MappingTable("", null!);
        yield return new FindingTable("");
        yield return new PoolTable("");
    }

    // A class of one letter stands for the letter itself.
    private static string WithoutWildcards(string directory) => string.Concat(directory.Select(static letter => letter is '*' or '?' or '[' ? $"[{letter}]" : letter.ToString()));

    // Two quotes are none there.
    private static string QuoteForSpark(string text) => $"'{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", @"\'", StringComparison.Ordinal)}'";

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
